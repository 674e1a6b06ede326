"""What operators do while people go on: one function each, like the actions of people."""

import msgspec

from feedline.feed.auditing import By, record
from feedline.feed.channels import POLICY
from feedline.feed.events import PolicyChanged
from feedline.feed.instants import rfc3339
from feedline.feed.policy import LivePolicy
from feedline.feed.ports import Writes


def switch_realtime(tx: Writes, by: By, *, is_on: bool) -> LivePolicy:
    """Turns live delivery on or off for everybody, as soon as the event passes each node."""
    policy = tx.policy()
    if policy.is_on == is_on:
        return policy
    record(tx, by, "realtime.on" if is_on else "realtime.off")
    return _decide(tx, msgspec.structs.replace(policy, is_on=is_on, changed_at=tx.now))


def _decide(tx: Writes, policy: LivePolicy) -> LivePolicy:
    tx.keep_policy(policy)
    tx.append(PolicyChanged(channel=POLICY, timestamp=rfc3339(tx.now), policy=policy))
    return policy
