import { delayBefore } from "./backoff";
import { Channels } from "./channels";
import { afterClose, type AfterClose } from "./close-codes";
import type { ConnectionState, ConnectionStatus } from "./connection-state";
import { Conversation, type Delivery } from "./conversation";
import { Emitter } from "./emitter";
import type { Incident } from "./incidents";
import type { Platform } from "./platform";
import type { Cursor } from "./protocol";
import type { Ladder, Rungs } from "./ladder";
import { withDeferred } from "./load-deferred";
import type { Refresher } from "./refresher";
import { isSame } from "./same-json";
import type { Transport } from "./transports/transport";

export interface ConnectionHandlers {
  /** Events in log order. A replay comes as one batch, so that nobody watches history being played. */
  deliver(deliveries: readonly Delivery[]): void;
  /** The position was lost: reload what these channels feed. The connection counts as live when this resolves. */
  reload(channels: readonly string[]): Promise<void>;
  /** Nothing live gets through: reload everything. Rejects if the server can't be reached by requests either. */
  refresh(): Promise<void>;
  /** The server does not accept these credentials (any more), or they are somebody else's. */
  rejected(): void;
}

/** The one connection of a client: keeps it up, by whatever transport works, and says honestly how fresh things are. */
export class Connection {
  readonly incidents = new Emitter<Incident>();
  /** Events, after the posts have taken them in. */
  readonly delivered = new Emitter<readonly Delivery[]>();
  readonly #platform: Platform;
  readonly #handlers: ConnectionHandlers;
  readonly #channels = new Channels();
  /** Channels that are wanted here, and those that others want of this connection. */
  readonly #own = new Set<string>();
  #lent: ReadonlySet<string> = new Set();
  readonly #changes = new Emitter<ConnectionState>();
  /** While nothing live gets through. */
  #refresher: Refresher | null = null;
  #isRefreshing = false;
  #isOff = false;
  #state: ConnectionState = { status: "idle", staleSince: null, transport: "none" };
  /** From the best to the last one. */
  #transports: readonly Transport[] = [];
  #viewerId: string | null = null;
  #current: Conversation | null = null;
  #ladder: Ladder | null = null;
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

  /** The position up to which everything was handed over. */
  get cursor(): Cursor | null {
    return this.#channels.cursor;
  }

  /** Goes on by these transports, from the best to the last: from the position reached, unless the one in use is one of them. */
  use(transports: readonly Transport[], LadderClass?: typeof Ladder): void {
    const current = this.#current;
    const rungs: Rungs = {
      last: transports.length - 1,
      level: () => this.#level,
      converse: (level, down) => this.#converse(level, down),
    };
    this.#transports = transports;
    this.#ladder = LadderClass ? new LadderClass(this.#platform, rungs) : null;
    if (this.#viewerId === null || (current && transports.includes(current.transport))) return;
    this.#open();
    if (current?.isEstablished) this.#set("offline", this.#state.staleSince ?? current.lastHeard);
  }

  /** Connects as this viewer, as soon as there are transports, and stays connected until `stop`. After a rejection: tries again. */
  start(viewerId: string): void {
    this.#viewerId = viewerId;
    this.#stopWaking();
    this.#stopWaking = this.#platform.onWake(() => this.wake());
    if (this.#state.status === "idle") this.#set("connecting", null);
    if (this.#waitingFor === "new-credentials") this.#openAfter("back-off");
    else this.#open();
  }

  /** Ends the connection and forgets its position and channels: the next one belongs to somebody else. */
  stop(): void {
    this.#stopWaking();
    this.#hangUp();
    this.#stopRefreshing();
    this.#channels.clear();
    this.#own.clear();
    this.#lent = new Set();
    this.#viewerId = null;
    this.#attempt = 0;
    this.#waitingFor = null;
    this.#isOff = false;
    this.#set("idle", null);
  }

  /** Tries again at once, because somebody asked for it; a live connection is asked to prove itself. */
  retry(): void {
    if (this.#waitingFor && this.#waitingFor !== "new-credentials") this.#open();
    else this.wake();
  }

  /** The world may have changed: looks at once whether the connection stands, and whether there is a better one. */
  wake(): void {
    // A pause that the server asked for is not cut short by somebody switching windows.
    if (this.#waitingFor === "back-off") this.#open();
    this.#current?.probe();
    this.#ladder?.wake();
  }

  /** Receives a channel from a list's position on. */
  join(channel: string, from: Cursor | null): void {
    if (this.#own.has(channel) && this.#channels.has(channel)) return;
    this.#own.add(channel);
    // Also if it is lent already: that may have begun after this position.
    this.#channels.want(channel, from);
    // Before the first connection the first list gives the stream its position; its channel then needs no replay.
    if (!this.#current?.isEstablished) this.#channels.cursor ??= from;
    else this.#current.askForChannels();
  }

  leave(channel: string): void {
    if (this.#own.delete(channel) && !this.#lent.has(channel)) this.#drop(channel);
  }

  /** Receives these channels too, from now on, for others who share the connection. */
  lend(channels: ReadonlySet<string>): void {
    const before = this.#lent;
    this.#lent = channels;
    for (const channel of before) if (!channels.has(channel) && !this.#own.has(channel)) this.#drop(channel);
    for (const channel of channels) if (!this.#channels.has(channel)) this.#channels.want(channel, null);
    this.#current?.askForChannels();
  }

  /** Whether a channel is received, or will be; not if it was refused. */
  has(channel: string): boolean {
    return this.#channels.has(channel);
  }

  /** Tells the server that everything up to here is on a screen. */
  applied(cursor: Cursor): void {
    this.#current?.applied(cursor);
  }

  #drop(channel: string): void {
    if (!this.#channels.has(channel)) return;
    this.#channels.drop(channel);
    this.#current?.unsubscribe(channel);
  }

  /** Which transport the connection stands on, the best one being 0; -1 without a connection. */
  get #level(): number {
    return this.#current?.isEstablished ? this.#transports.indexOf(this.#current.transport) : -1;
  }

  #open(level = 0): void {
    this.#hangUp();
    this.#waitingFor = null;
    if (!this.#transports[level]) return;
    this.#current = this.#converse(level, (conversation, code) => this.#down(conversation, level, code));
  }

  #converse(level: number, down: (conversation: Conversation, code: number) => void): Conversation {
    const transport = this.#transports[level] as Transport;
    const conversation: Conversation = new Conversation(this.#platform.clock, transport, this.#channels, {
      connected: (userId) => this.#connected(conversation, userId),
      deliver: (deliveries) => {
        this.#handlers.deliver(deliveries);
        this.delivered.emit(deliveries);
      },
      reload: (channels, reason) => {
        this.#note("resync", conversation.transport, reason);
        return this.#handlers.reload(channels);
      },
      changed: () => this.#settle(),
      down: (code) => down(conversation, code),
    });
    return conversation;
  }

  #connected(conversation: Conversation, userId: string | null): void {
    if (userId !== null && userId !== this.#viewerId) return this.#reject();
    if (this.#ladder?.took(conversation)) {
      // One that is in the middle of something is better left alone.
      if (!this.#current?.isLive) {
        conversation.close();
        return this.#ladder.wait();
      }
      this.#current.close();
      this.#current = conversation;
    }
    this.#note("open", conversation.transport);
    if (conversation.transport !== this.#transports[0]) this.#ladder?.wait();
  }

  #down(conversation: Conversation, level: number, code: number): void {
    const next = afterClose(code);
    this.#isOff = next === "off";
    this.#hangUp();
    conversation.transport.ended?.(code);
    if (conversation.isEstablished) {
      this.#note("close", conversation.transport, String(code));
      this.#set("offline", this.#state.staleSince ?? conversation.lastHeard);
    } else if (next === "back-off" && level + 1 < this.#transports.length) {
      this.#note("fallback", this.#transports[level + 1]);
      return this.#open(level + 1);
    } else {
      this.#set(this.#refresher?.refreshedAt ? "polling" : "offline");
    }
    if (next === "new-credentials") return this.#reject();
    this.#openAfter(next, (conversation.isEstablished && this.#ladder?.after(level, conversation.age, next)) || 0);
  }

  #reject(): void {
    this.#hangUp();
    this.#stopRefreshing();
    this.#set("offline");
    this.#waitingFor = "new-credentials";
    this.#handlers.rejected();
  }

  #openAfter(why: Exclude<AfterClose, "new-credentials">, level = 0): void {
    this.#waitingFor = why;
    if (this.#attempt > 0 || why === "pause" || this.#isOff) this.#refreshMeanwhile();
    const delay = delayBefore(this.#attempt++, why, this.#platform.random());
    this.#cancelRetry = this.#platform.clock.after(delay, () => this.#open(level));
  }

  #refreshMeanwhile(): void {
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    this.#note("fallback");
    withDeferred(
      (deferred) => {
        if (!this.#isRefreshing) return;
        // Whoever was live until it was switched off has everything up to then.
        const since = this.#isOff ? this.#state.staleSince : null;
        this.#refresher = new deferred.Refresher(this.#platform, this.#handlers.refresh, () => this.#settle(), since);
        this.#settle();
      },
      () => (this.#isRefreshing = false),
    );
  }

  #stopRefreshing(): void {
    this.#isRefreshing = false;
    this.#refresher?.stop();
    this.#refresher = null;
  }

  /** Lets go of every link; the position stays, for the next one. */
  #hangUp(): void {
    this.#cancelRetry();
    this.#ladder?.rest();
    this.#current?.close();
    this.#current = null;
  }

  /** Puts the state where the facts are. */
  #settle(): void {
    const refreshedAt = this.#refresher?.refreshedAt ?? null;
    if (this.#current?.isEstablished) {
      this.#stopRefreshing();
      this.#isOff = false;
      if (!this.#current.isLive) return this.#set("catching-up");
      this.#attempt = 0;
      this.#set("live", null);
    } else if (refreshedAt !== null) {
      this.#set("polling", refreshedAt);
    } else if (this.#state.status === "polling") {
      this.#set("offline");
    }
  }

  #note(event: Incident["event"], transport?: Transport, reason?: string): void {
    if (!this.#transports[0]?.isShared) this.incidents.emit({ transport: transport?.name ?? "none", event, reason });
  }

  #set(status: ConnectionStatus, staleSince = this.#state.staleSince): void {
    const transport: ConnectionState["transport"] = status === "polling" ? "refresh" : ((this.#current?.isEstablished && this.#current.transport.name) || "none");
    const state = { status, staleSince, transport, isOff: this.#isOff || undefined };
    if (isSame(state, this.#state)) return;
    this.#state = state;
    this.#changes.emit(state);
  }
}
