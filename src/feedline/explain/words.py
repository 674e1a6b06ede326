"""A story in sentences."""

from feedline.explain.facts import CONNECTIONS, Change, Facts, Follows
from feedline.explain.journey import Journey
from feedline.explain.reasons import Reason, is_young
from feedline.feed.experiments import Transport
from feedline.feed.instants import Millis, rfc3339
from feedline.feed.trails import Dispatch

TRANSPORTS: dict[Transport, str] = {"ws": "WebSocket", "sse": "event stream", "poll": "long-poll"}


def summary_of(facts: Facts, reason: Reason, best: Journey | None) -> str:
    """What became of the post, in one sentence."""
    name, author = facts.person.name, facts.post.author
    form = "" if facts.person.sees_all else " (its locked form)"
    if best is not None and best.is_sent:
        return f"{name} {_sent(best, facts, form)}"
    absent = {
        "blocked": f"One of {name} and {author} has blocked the other: neither sees the other.",
        "deleted": f"{author} deleted the post before {name} was sent it.",
        "listed": f"{name} was not sent it because it was older than what the page began with: "
        "it was in the list that the page loaded.",
        "resynced": f"{name} was told to load anew{_because(best)}, and the post was in that list.",
        "too_early": "What happens is written down every two seconds: ask again in a moment.",
        "forgotten": "What connections were sent then is not kept any more.",
        "not_following": f"{name} does not follow {author}, and had no page open that shows it.",
        "offline": f"{name} was not connected{_last_seen(facts)}, and has not come back since.",
        "switched_off": f"Live delivery was off for {name}{_last_seen(facts)}: pages load by "
        "themselves every few seconds then, and no record is kept of that.",
        "lagging": f"{name}'s socket is full: it takes what it is sent too slowly.",
        "catching_up": f"{name} has just connected and is being caught up.",
        "cut_short": f"{name}'s connection ended before it was caught up.",
        "closed": f"{name}'s connection had ended before{_because(best)}.",
        "no_channel": f"{name} was connected, but not to a feed that brings posts of {author}.",
        "unknown": "What became of it can't be told: its node did not write everything down.",
    }
    return absent[reason]


def _sent(best: Journey, facts: Facts, form: str) -> str:
    since = facts.post.committed_at
    shown = _shown(best, since)
    way = TRANSPORTS[best.trail.transport]
    if best.outcome == "live":
        after = "" if best.sent_by is None else f", {best.sent_by - since} ms after the commit"
        return f"was sent it live{form} by {way}{after}; {shown}"
    gap = "was behind" if best.lagged else "was not connected"
    after = "" if best.sent_by is None else f" {_span(best.sent_by - since)} after the commit"
    return f"{gap} at first, and was sent it{form} in a replay by {way}{after}; {shown}"


def _shown(best: Journey, since: Millis) -> str:
    if best.receipt is None:
        return "no client has said that it is on the screen."
    return f"it was on the screen {_span(best.receipt.at - since)} after the commit."


def _span(millis: Millis) -> str:
    return f"{millis} ms" if millis < 10_000 else f"{millis / 1000:.1f} s"


def _because(best: Journey | None) -> str:
    return f" ({best.reason})" if best is not None and best.reason else ""


def _last_seen(facts: Facts) -> str:
    last = facts.last_before
    if last is None or last.closed_at is None:
        return ""
    code = "" if last.close_code is None else f", code {last.close_code}"
    return f" (the last connection ended {rfc3339(last.closed_at)}{code})"


def outcome_of(journey: Journey, facts: Facts) -> str:
    """What became of it on one connection."""
    if journey.is_sent:
        channel = f" on {journey.channel}" if journey.channel else ""
        return _sent(journey, facts, channel)[:-1]
    return {
        "listed": "began after the post, which was in the list that the page loaded",
        "resynced": f"was told to load anew{_because(journey)}",
        "waiting": "is not caught up yet",
        "cut_short": "ended before it was caught up",
        "closed": f"had ended before{_because(journey)}",
        "unsubscribed": f"had left {journey.channel} before",
        "no_channel": "had no channel that brings it",
    }.get(journey.outcome, "not known")


def dispatched(dispatch: Dispatch, facts: Facts) -> str:
    """What a node did with the post."""
    text = f"dispatched on {node_of(facts, dispatch.node_id)}"
    if dispatch.last_at is None:
        return text
    if dispatch.first_at is None:
        return f"{text}, where no connection was live on it"
    since = facts.post.committed_at
    first, last = dispatch.first_at - since, dispatch.last_at - since
    when = f"{first} ms" if first == last else f"between {first} ms and {last} ms"
    sockets = f"{dispatch.sockets:,} socket{'' if dispatch.sockets == 1 else 's'}"
    return f"{text}, handed to {sockets} {when} after the commit"


def changed(change: Change, facts: Facts) -> str:
    """What changed between the person and the author."""
    name, author = facts.person.name, facts.post.author
    match change.kind:
        case "follow":
            return f"{name} followed {author}"
        case "unfollow":
            return f"{name} unfollowed {author}"
        case "tier":
            return f"the tier of {name} became {change.detail}"
    return f"retracted from {name}: {change.detail}"


def node_of(facts: Facts, node_id: str) -> str:
    """What to call a node."""
    run = facts.nodes.get(node_id)
    return node_id if run is None else f"{run.name} (process {run.pid})"


def notes_of(facts: Facts, follows: Follows) -> list[str]:
    """What else there is to know."""
    name, author, post = facts.person.name, facts.post.author, facts.post
    notes = []
    if not facts.person.sees_all and not facts.person.is_apart:
        held = facts.person.tier or "no tier"
        notes.append(f"The post is for {post.tier}; {name} holds {held} of {author}: it is locked.")
    if not facts.is_own and follows.at_the_post is None:
        notes.append(f"Whether {name} followed {author} then is not known any more.")
    if is_young(facts):
        notes.append("The post is young: other nodes write down within two seconds what they did.")
    if post.deleted_at is not None:
        notes.append(f"The post was deleted {rfc3339(post.deleted_at)}.")
    if len(facts.trails) == CONNECTIONS:
        notes.append(f"Only the first {CONNECTIONS} connections from the post on were looked at.")
    notes += [
        f"{run.name} could not write down {run.missed} connections."
        for run in facts.nodes.values()
        if run.missed
    ]
    notes.append("Tiers and blocks are those of now; a crash loses the last seconds of records.")
    return notes
