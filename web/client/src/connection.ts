import { delayBefore } from "./backoff";
import { Channels } from "./channels";
import { afterClose, type AfterClose } from "./close-codes";
import { Emitter } from "./emitter";
import { GONE_SILENT, Link } from "./link";
import type { Platform } from "./platform";
import { isControl, type ControlMessage, type Cursor, type FeedEvent } from "./protocol";

/**
 * - `idle`: nobody is signed in, so there is nothing to connect.
 * - `connecting`: the first attempt is under way.
 * - `catching-up`: connected; what was missed is still coming.
 * - `live`: everything up to this moment is here, and the server showed a sign of life lately.
 * - `offline`: what is on the screen dates from `staleSince`.
 */
export type ConnectionStatus = "idle" | "connecting" | "catching-up" | "live" | "offline";

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Since when nothing new could arrive (milliseconds since the epoch); null while live or never yet connected. */
  readonly staleSince: number | null;
}

/** An event, and the channels through which it may have come. */
export interface Delivery {
  readonly event: FeedEvent;
  readonly channels: ReadonlySet<string>;
}

export interface ConnectionHandlers {
  /** Events in log order. A replay comes as one batch, so that nobody watches history being played. */
  deliver(deliveries: readonly Delivery[]): void;
  /** The position was lost: reload what these channels feed. The connection counts as live when this resolves. */
  reload(channels: readonly string[]): Promise<void>;
  /** The server does not accept these credentials (any more). */
  rejected(): void;
}

/** A replay longer than this is handed over in parts, to bound the memory it takes. */
const BATCH_LIMIT = 1_000;
const RESUBSCRIBE_MS = 1_000;
const PATH = "/ws";

/** The one WebSocket of a client: keeps it connected, knows its position, and says honestly how fresh things are. */
export class Connection {
  readonly #platform: Platform;
  readonly #handlers: ConnectionHandlers;
  readonly #channels = new Channels();
  readonly #changes = new Emitter<ConnectionState>();
  #state: ConnectionState = { status: "idle", staleSince: null };
  #link: Link | null = null;
  #established = false;
  #cursor: Cursor | null = null;
  /** Where to go back to if what a `resync` asked for could not be done: that position brings the same answer. */
  #beforeResync: Cursor | null = null;
  #reloads = 0;
  #replayingConnect = false;
  #batch: Delivery[] = [];
  #attempt = 0;
  #waitingFor: AfterClose | null = null;
  #cancelRetry: () => void = () => {};
  #stopWaking: () => void = () => {};

  readonly subscribe = this.#changes.subscribe;
  readonly state = (): ConnectionState => this.#state;

  constructor(platform: Platform, handlers: ConnectionHandlers) {
    this.#platform = platform;
    this.#handlers = handlers;
  }

  /** Connects, and stays connected until `stop`. After a rejection: tries again, with the credentials of now. */
  start(): void {
    if (this.#waitingFor === "new-credentials") return this.#openAfter("back-off");
    if (this.#state.status !== "idle") return;
    this.#stopWaking = this.#platform.onWake(() => this.#wake());
    this.#set("connecting", null);
    this.#open();
  }

  /** Ends the connection and forgets its position and channels: the next one belongs to somebody else. */
  stop(): void {
    this.#stopWaking();
    this.#cancelRetry();
    this.#hangUp();
    this.#channels.clear();
    this.#cursor = null;
    this.#attempt = 0;
    this.#waitingFor = null;
    this.#set("idle", null);
  }

  /** Tries again at once, because somebody asked for it; a live connection is asked to prove itself. */
  retry(): void {
    if (this.#waitingFor === "new-credentials") return;
    if (this.#waitingFor) this.#open();
    else this.#link?.probe();
  }

  /** Receives a channel from a list's position on. */
  join(channel: string, from: Cursor | null): void {
    if (this.#channels.has(channel)) return;
    this.#channels.want(channel, from);
    // Before the first connection the first list gives the stream its position; its channel then needs no replay.
    if (!this.#established) this.#cursor ??= from;
    else this.#askForChannels();
  }

  leave(channel: string): void {
    if (!this.#channels.has(channel)) return;
    this.#channels.drop(channel);
    if (this.#established) this.#link?.send({ type: "unsubscribe", id: this.#link.nextId(), channel });
    this.#settle();
  }

  #wake(): void {
    // A pause that the server asked for is not cut short by somebody switching windows.
    if (this.#waitingFor === "back-off") this.#open();
    else this.#link?.probe();
  }

  #open(): void {
    this.#cancelRetry();
    this.#hangUp();
    this.#waitingFor = null;
    const link = new Link(this.#platform, PATH, {
      opened: () => this.#greet(link),
      message: (message) => (isControl(message) ? this.#control(link, message) : this.#event(message)),
      down: (code) => this.#down(link, code),
    });
    this.#link = link;
  }

  #greet(link: Link): void {
    const channels = this.#channels.resumable(this.#cursor);
    this.#replayingConnect = true;
    link.send({ type: "connect", channels, ...(this.#cursor !== null && { cursor: this.#cursor }) });
  }

  #control(link: Link, message: ControlMessage): void {
    switch (message.type) {
      case "connected":
        this.#established = true;
        link.established(message.heartbeat * 1000);
        this.#channels.answered(message.channels);
        this.#askForChannels();
        break;
      case "caught_up":
        if (message.id === undefined) this.#cursor = message.cursor;
        this.#attempt = 0;
        this.#caughtUp(message.id);
        break;
      case "heartbeat":
        this.#cursor = message.cursor;
        break;
      case "resync":
        void this.#resync(link, message);
        break;
      case "error":
        if (message.id !== undefined) this.#refused(message.id, message.code);
    }
    this.#settle();
  }

  #event(event: FeedEvent): void {
    const replayed = event.replay === undefined ? null : this.#channels.pendingOf(event.replay);
    if (event.replay === undefined) this.#cursor = event.cursor;
    this.#batch.push({ event, channels: replayed === null ? this.#channels.joined : new Set([replayed]) });
    if (!this.#replaying || this.#batch.length >= BATCH_LIMIT) this.#flush();
  }

  get #replaying(): boolean {
    return this.#replayingConnect || this.#channels.replaying;
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = [];
    if (batch.length > 0) this.#handlers.deliver(batch);
  }

  #askForChannels(): void {
    const link = this.#link;
    if (!link) return;
    for (const { channel, from } of this.#channels.unasked()) {
      const id = link.nextId();
      this.#channels.asked(channel, id);
      link.send({ type: "subscribe", id, channel, ...(from !== null && { cursor: from }) });
    }
    this.#settle();
  }

  #caughtUp(id: number | undefined): void {
    if (id === undefined) this.#replayingConnect = false;
    else {
      const channel = this.#channels.pendingOf(id);
      if (channel !== null) this.#channels.caughtUp(channel);
    }
  }

  #refused(id: number, code: string): void {
    const channel = this.#channels.pendingOf(id);
    if (channel === null) return;
    const from = this.#channels.from(channel);
    this.#channels.drop(channel);
    if (code !== "rate_limited" && code !== "unavailable") return;
    const link = this.#link;
    this.#platform.clock.after(RESUBSCRIBE_MS, () => this.#link === link && this.join(channel, from));
  }

  async #resync(link: Link, message: ControlMessage & { type: "resync" }): Promise<void> {
    const channel = message.id === undefined ? null : this.#channels.pendingOf(message.id);
    const from = channel === null ? null : this.#channels.from(channel);
    if (message.id === undefined) {
      this.#beforeResync = this.#cursor;
      this.#cursor = message.cursor;
    }
    this.#reloads += 1;
    this.#caughtUp(message.id);
    try {
      await this.#handlers.reload(channel === null ? [...this.#channels.joined] : [channel]);
      if (this.#link !== link) return;
      this.#reloads -= 1;
      this.#beforeResync = null;
      this.#attempt = 0;
      this.#settle();
    } catch {
      if (channel !== null && this.#channels.has(channel)) this.#channels.want(channel, from);
      if (this.#link === link) this.#down(link, GONE_SILENT);
    }
  }

  /** Puts the state where the facts are. */
  #settle(): void {
    if (!this.#established) return;
    if (!this.#replaying) this.#flush();
    if (this.#replaying || this.#reloads > 0) this.#set("catching-up", this.#state.staleSince);
    else this.#set("live", null);
  }

  #down(link: Link, code: number): void {
    const staleSince = this.#state.staleSince ?? (this.#established ? link.lastHeard : null);
    this.#hangUp();
    this.#set("offline", staleSince);
    const next = afterClose(code);
    if (next !== "new-credentials") return this.#openAfter(next);
    this.#waitingFor = next;
    this.#handlers.rejected();
  }

  #openAfter(why: Exclude<AfterClose, "new-credentials">): void {
    this.#waitingFor = why;
    const delay = delayBefore(this.#attempt++, why, this.#platform.random());
    this.#cancelRetry = this.#platform.clock.after(delay, () => this.#open());
  }

  /** Lets go of the link; the position stays, for the next one. */
  #hangUp(): void {
    this.#link?.close();
    this.#link = null;
    this.#flush();
    this.#established = false;
    this.#channels.forgetPending();
    this.#replayingConnect = false;
    this.#cursor = this.#beforeResync ?? this.#cursor;
    this.#beforeResync = null;
    this.#reloads = 0;
  }

  #set(status: ConnectionStatus, staleSince: number | null): void {
    if (this.#state.status === status && this.#state.staleSince === staleSince) return;
    this.#state = { status, staleSince };
    this.#changes.emit(this.#state);
  }
}
