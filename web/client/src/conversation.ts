import type { Channels } from "./channels";
import { GONE_SILENT, Link } from "./link";
import type { Clock } from "./platform";
import { isControl, type ControlMessage, type Cursor, type FeedEvent } from "./protocol";
import type { Transport } from "./transports/transport";

/** An event, and the channels through which it may have come. */
export interface Delivery {
  readonly event: FeedEvent;
  readonly channels: ReadonlySet<string>;
}

export interface ConversationHandlers {
  /** The server took us in: from now on, this conversation moves the position. */
  connected(userId: string | null): void;
  deliver(deliveries: readonly Delivery[]): void;
  /** The position was lost for this reason: reload what these channels feed. */
  reload(channels: readonly string[], reason: string): Promise<void>;
  /** The status may have changed. */
  changed(): void;
  /** Called once; nothing comes after it. */
  down(code: number): void;
}

/** A replay longer than this is handed over in parts, to bound the memory it takes. */
const BATCH_LIMIT = 1_000;
const RESUBSCRIBE_MS = 1_000;

/** What is said over one link, from `connect` to its end; it continues where the one before it had come to. */
export class Conversation {
  readonly transport: Transport;
  readonly #clock: Clock;
  readonly #channels: Channels;
  readonly #handlers: ConversationHandlers;
  readonly #link: Link;
  #ended = false;
  #establishedAt: number | null = null;
  /** Where to go back to if what a `resync` asked for could not be done: that position brings the same answer. */
  #beforeResync: Cursor | null = null;
  #reloads = 0;
  #replayingConnect = false;
  #batch: Delivery[] = [];

  constructor(clock: Clock, transport: Transport, channels: Channels, handlers: ConversationHandlers) {
    this.transport = transport;
    this.#clock = clock;
    this.#channels = channels;
    this.#handlers = handlers;
    this.#link = new Link(clock, transport, {
      opened: () => this.#greet(),
      message: (message, through) => (isControl(message) ? this.#control(message) : this.#event(message, through)),
      down: (code) => this.#down(code),
    });
  }

  get isEstablished(): boolean {
    return this.#establishedAt !== null;
  }

  /** Everything up to this moment is here. */
  get isLive(): boolean {
    return this.isEstablished && !this.#replaying && this.#reloads === 0;
  }

  /** For how long it has stood, in milliseconds. */
  get age(): number {
    return this.#clock.now() - (this.#establishedAt ?? Number.POSITIVE_INFINITY);
  }

  get lastHeard(): number {
    return this.#link.lastHeard;
  }

  probe(): void {
    this.#link.probe();
  }

  /** Tells that everything up to here is on the screen. */
  applied(cursor: Cursor): void {
    if (this.isEstablished) this.#link.send({ type: "applied", cursor });
  }

  askForChannels(): void {
    if (!this.isEstablished) return;
    for (const { id, channel, from } of this.#channels.ask(() => this.#link.nextId())) {
      this.#link.send({ type: "subscribe", id, channel, cursor: from ?? undefined });
    }
    this.#settle();
  }

  unsubscribe(channel: string): void {
    if (!this.isEstablished) return;
    const id = this.#link.nextId();
    this.#channels.leaving(channel, id);
    this.#link.send({ type: "unsubscribe", id, channel });
    this.#settle();
  }

  /** Ends it from this side; the position stays, for the next one. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#link.close();
    this.#flush();
    if (!this.isEstablished) return;
    this.#channels.forgetPending();
    this.#channels.cursor = this.#beforeResync ?? this.#channels.cursor;
  }

  #greet(): void {
    this.#link.send({ type: "connect", channels: this.#channels.resumable(), cursor: this.#channels.cursor ?? undefined });
  }

  #control(message: ControlMessage): void {
    switch (message.type) {
      case "connected":
        return this.#connected(message);
      case "caught_up":
        this.#caughtUp(message);
        break;
      case "heartbeat":
        this.#channels.cursor = message.cursor;
        break;
      case "resync":
        void this.#resync(message);
        break;
      case "unsubscribed":
        this.#channels.left(message.id);
        break;
      case "error":
        if (message.id !== undefined) this.#refused(message.id, message.code);
    }
    this.#settle();
  }

  #connected(message: ControlMessage & { type: "connected" }): void {
    this.#handlers.connected(message.userId);
    if (this.#ended) return;
    this.#establishedAt = this.#clock.now();
    this.#replayingConnect = true;
    this.#link.established(message.heartbeat * 1000);
    for (const left of this.#channels.answered(message.channels)) this.unsubscribe(left);
    this.askForChannels();
  }

  #event(event: FeedEvent, through?: ReadonlySet<string>): void {
    const replayed = this.#channels.pendingOf(event.replay);
    if (event.replay === undefined) this.#channels.cursor = event.cursor ?? this.#channels.cursor;
    const channels = through ?? (replayed === null ? this.#channels.carriers : new Set([replayed]));
    this.#batch.push({ event, channels });
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

  #caughtUp({ id, cursor }: { id?: number; cursor: Cursor }): void {
    if (id !== undefined) return this.#channels.caughtUp(id);
    this.#replayingConnect = false;
    this.#channels.cursor = cursor;
  }

  #refused(id: number, code: string): void {
    const channel = this.#channels.pendingOf(id);
    if (channel === null) return;
    const from = this.#channels.from(channel);
    if (code !== "rate_limited" && code !== "unavailable") return this.#channels.drop(channel);
    this.#channels.want(channel, from);
    this.#clock.after(RESUBSCRIBE_MS, () => this.#ended || this.askForChannels());
  }

  async #resync(message: ControlMessage & { type: "resync" }): Promise<void> {
    const channel = this.#channels.pendingOf(message.id);
    const from = this.#channels.from(channel);
    if (message.id === undefined) this.#beforeResync ??= this.#channels.cursor;
    this.#reloads += 1;
    this.#caughtUp(message);
    try {
      await this.#handlers.reload(channel === null ? this.#channels.joined : [channel], message.reason);
      if (this.#ended) return;
      this.#reloads -= 1;
      if (this.#reloads === 0) this.#beforeResync = null;
      this.#settle();
    } catch {
      if (channel !== null && this.#channels.has(channel)) this.#channels.want(channel, from);
      this.#down(GONE_SILENT);
    }
  }

  /** Hands over what is complete. */
  #settle(): void {
    if (!this.#replaying) this.#flush();
    this.#handlers.changed();
  }

  #down(code: number): void {
    if (this.#ended) return;
    this.close();
    this.#handlers.down(code);
  }
}
