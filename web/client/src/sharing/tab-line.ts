import { bound } from "../bound";
import { REALTIME_OFF } from "../close-codes";
import type { Delivery } from "../conversation";
import { GONE_SILENT } from "../link";
import type { Platform } from "../platform";
import type { ClientMessage, Cursor, FeedEvent } from "../protocol";
import { askOn, endOf } from "../transports/ask";
import type { Line, LineHandlers } from "../transports/transport";
import type { FromLeader, TabMessage, ToLeader } from "./messages";

/** A page that is not frozen answers another tab in far less. */
const ANSWER_MS = 2_000;
/** Seconds of silence after which the other tab is asked. */
const HEARTBEAT_SECONDS = 25;
/** The other tab is not connected now, or has given up its part. */
const GOING_AWAY = 1001;
/** More than can come twice: by an answer of the server, and by the other tab meanwhile. */
const MOST_SEEN = 2_000;
/** The id of no `subscribe`: such an event comes late to the other tab, and is no position. */
const LATE = 0;

type Subscribe = ClientMessage & { type: "subscribe" };
type Request = Subscribe | (ClientMessage & { type: "connect" });
type Answered = FromLeader & { kind: "granted" };

/**
 * Says to the tab that is connected what would be said to the server, and hears the server's part in its place. What lies
 * between a position and now is asked for at the server, after the other tab has begun to pass on what is new.
 */
export class TabLine implements Line {
  readonly #platform: Platform;
  readonly #tab: string;
  readonly #tell: (message: ToLeader) => void;
  readonly #handlers: LineHandlers;
  readonly #channels = new Set<string>();
  readonly #requests = new Map<number, Request>();
  readonly #seen = new Set<Cursor>();
  #leader: string | null = null;
  #question = 0;
  #replays = 0;
  /** What is new while something older is on its way. */
  #held: Delivery[] = [];
  #unanswered = false;
  #ended = false;
  #cancelDeadline: () => void = () => {};

  constructor(platform: Platform, tab: string, tell: (message: ToLeader) => void, handlers: LineHandlers) {
    this.#platform = platform;
    this.#tab = tab;
    this.#tell = tell;
    this.#handlers = handlers;
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  /** Whether the other tab was asked something, and has said nothing since. */
  get isUnanswered(): boolean {
    return this.#unanswered;
  }

  send(message: ClientMessage): void {
    switch (message.type) {
      case "connect":
        for (const channel of message.channels) this.#channels.add(channel);
        return this.#ask(message);
      case "subscribe":
        this.#channels.add(message.channel);
        return this.#ask(message);
      case "unsubscribe":
        this.#channels.delete(message.channel);
        this.#want();
        return this.#handlers.message({ ...message, type: "unsubscribed" });
      case "ping":
        this.#unanswered = true;
        return this.#tell({ kind: "ping", tab: this.#tab, id: message.id });
      case "applied":
        this.#tell({ kind: "applied", cursor: message.cursor });
    }
  }

  close(): void {
    this.#ended = true;
    this.#cancelDeadline();
  }

  hear(message: TabMessage): void {
    if (this.#ended || !("leader" in message) || ("tab" in message && message.tab !== this.#tab)) return;
    const { kind, leader } = message;
    const isBegun = this.#leader !== null;
    const isOurs = leader === this.#leader;
    // A connection that is over, or another one in its place.
    if (kind === "gone" || (kind === "state" && isBegun && (!isOurs || message.transport === null)))
      return this.#end(message.isOff ? REALTIME_OFF : GOING_AWAY);
    if (!isOurs && kind !== "granted" && kind !== "wait") return;
    this.#unanswered = false;
    this.#cancelDeadline();
    this.#handlers.alive();
    this.#understand(message);
  }

  #understand(message: FromLeader): void {
    switch (message.kind) {
      case "granted":
        return this.#granted(message);
      case "pong":
        return this.#handlers.message({ type: "pong", id: message.id });
      case "news":
        if (this.#replays > 0) this.#held.push(...message.deliveries);
        else for (const delivery of message.deliveries) this.#pass(delivery);
        return;
      case "state":
        // The name of the transport may have changed, and so may the position.
        if (this.#replays === 0 && message.cursor !== null) this.#handlers.message({ type: "heartbeat", cursor: message.cursor });
    }
  }

  #ask(request: Request): void {
    this.#requests.set(this.#question + 1, request);
    this.#want();
  }

  #want(): void {
    this.#question += 1;
    this.#unanswered = true;
    this.#cancelDeadline();
    this.#cancelDeadline = this.#platform.clock.after(ANSWER_MS, () => this.#end(GONE_SILENT));
    const question = this.#question;
    // Changes of one moment are one question, and what they need of the server is asked for together.
    void Promise.resolve().then(() => {
      if (this.#ended || question !== this.#question) return;
      this.#tell({ kind: "want", tab: this.#tab, question, channels: [...this.#channels] });
    });
  }

  #granted({ leader, question, cursor, refused }: Answered): void {
    this.#leader = leader;
    const asked: Subscribe[] = [];
    for (const [number, request] of this.#requests) {
      if (number > question) continue;
      this.#requests.delete(number);
      if (request.type === "connect") this.#connected(request, cursor, refused);
      else if (refused.includes(request.channel)) this.#refuse(request);
      else asked.push(request);
    }
    for (const together of inGroups(asked)) this.#subscribed(together, cursor);
  }

  #connected(request: Request & { type: "connect" }, now: Cursor, refused: readonly string[]): void {
    const cursor = request.cursor ?? now;
    const channels = request.channels.map((channel) =>
      refused.includes(channel) ? { channel, ok: false, code: "forbidden" } : { channel, ok: true },
    );
    this.#handlers.message({ type: "connected", userId: null, cursor, heartbeat: HEARTBEAT_SECONDS, channels });
    const granted = channels.filter(({ ok }) => ok).map(({ channel }) => channel);
    void this.#replay(granted, request.cursor, now);
  }

  #refuse({ id, channel }: Subscribe): void {
    this.#handlers.message({ type: "error", id, code: "forbidden", message: channel });
  }

  #subscribed(requests: readonly Subscribe[], now: Cursor): void {
    const from = requests[0]?.cursor;
    for (const { id, channel } of requests) this.#handlers.message({ type: "subscribed", id, channel, cursor: from ?? now });
    const channels = requests.map(({ channel }) => channel);
    const ids = requests.map(({ id }) => id);
    void this.#replay(channels, from, now, ids);
  }

  async #replay(channels: readonly string[], from: Cursor | undefined, now: Cursor, ids?: readonly number[]): Promise<void> {
    const of = ids?.map((id) => ({ id })) ?? [{}];
    const through = new Set(channels);
    this.#replays += 1;
    let end = endOf({ cursor: from ?? now });
    for await (const { body, code } of from === undefined || channels.length === 0 ? [] : askOn(this.#platform, channels, from)) {
      if (this.#ended) return;
      if (!body) return this.#end(code);
      for (const event of body.events) {
        if (ids) this.#passOnce({ ...event, replay: LATE }, through);
        else this.#passOnce(event);
      }
      end = endOf(body);
    }
    for (const one of of) this.#handlers.message({ ...end, ...one });
    this.#release();
  }

  #release(): void {
    this.#replays -= 1;
    if (this.#replays === 0) for (const delivery of this.#held.splice(0)) this.#pass(delivery);
  }

  #pass({ event, channels }: Delivery): void {
    if (event.replay === undefined) this.#passOnce(event, channels);
    else if ([...channels].some((channel) => this.#channels.has(channel))) this.#passOnce({ ...event, replay: LATE }, channels);
  }

  #passOnce(event: FeedEvent, through?: ReadonlySet<string>): void {
    if (this.#ended || this.#seen.has(event.cursor)) return;
    if (event.cursor) this.#seen.add(event.cursor);
    bound(this.#seen, MOST_SEEN);
    this.#handlers.message(event, through);
  }

  #end(code: number): void {
    if (this.#ended) return;
    this.close();
    this.#handlers.closed(code);
  }
}

/** Those that one question to the server can be about: the channels of posts, from the same position. */
function inGroups(requests: readonly Subscribe[]): Subscribe[][] {
  const groups = new Map<string, Subscribe[]>();
  for (const request of requests) {
    // Of a list it is told through which channel its posts came.
    const key = request.channel.startsWith("post:") ? `post ${request.cursor}` : request.channel;
    groups.set(key, [...(groups.get(key) ?? []), request]);
  }
  return [...groups.values()];
}
