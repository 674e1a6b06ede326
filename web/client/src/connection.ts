import { delayBefore, upwardDelay } from "./backoff";
import { Channels } from "./channels";
import { afterClose, type AfterClose } from "./close-codes";
import { Conversation, type Delivery } from "./conversation";
import { Emitter } from "./emitter";
import type { Incident } from "./incidents";
import type { Platform } from "./platform";
import type { Cursor } from "./protocol";
import { Receipts } from "./receipts";
import { Refresher } from "./refresher";
import { eventStream } from "./transports/event-stream";
import { longPoll } from "./transports/long-poll";
import type { Transport, TransportName } from "./transports/transport";
import { webSocket } from "./transports/web-socket";

/**
 * - `idle`: nobody is signed in, so there is nothing to connect.
 * - `connecting`: the first attempt is under way.
 * - `catching-up`: connected; what was missed is still coming.
 * - `live`: everything up to this moment is here, and the server showed a sign of life lately.
 * - `polling`: nothing live gets through; what is open is loaded again every few seconds, the last time at `staleSince`.
 * - `offline`: what is on the screen dates from `staleSince`.
 */
export type ConnectionStatus = "idle" | "connecting" | "catching-up" | "live" | "polling" | "offline";

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Since when nothing new could arrive (milliseconds since the epoch); null while live or never yet connected. */
  readonly staleSince: number | null;
  /** What brings the news: a live transport, loading again (`refresh`), or nothing. */
  readonly transport: TransportName | "refresh" | "none";
}

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

/** What the rest of the client needs of a connection, its own or one that is shared with other tabs. */
export type LiveConnection = Pick<Connection, "state" | "subscribe" | "start" | "stop" | "retry" | "join" | "leave" | "incidents">;

/** A connection that ends sooner than this did not do its work; after so many of them the next transport is tried. */
const YOUNG_MS = 30_000;
const YOUNG_DEATHS = 3;

/** The one connection of a client: keeps it up, by whatever transport works, and says honestly how fresh things are. */
export class Connection {
  readonly incidents = new Emitter<Incident>();
  readonly #platform: Platform;
  readonly #handlers: ConnectionHandlers;
  readonly #transports: readonly Transport[];
  readonly #channels = new Channels();
  readonly #changes = new Emitter<ConnectionState>();
  readonly #receipts: Receipts;
  readonly #refresher: Refresher;
  #state: ConnectionState = { status: "idle", staleSince: null, transport: "none" };
  #viewerId: string | null = null;
  #current: Conversation | null = null;
  /** A better transport on trial, beside the one that works. */
  #candidate: Conversation | null = null;
  #attempt = 0;
  #climbs = 0;
  #youngDeaths = 0;
  #waitingFor: AfterClose | null = null;
  #cancelRetry: () => void = () => {};
  #cancelClimb: () => void = () => {};
  #stopWaking: () => void = () => {};

  readonly subscribe = this.#changes.subscribe;
  readonly state = (): ConnectionState => this.#state;

  constructor(platform: Platform, handlers: ConnectionHandlers) {
    this.#platform = platform;
    this.#handlers = handlers;
    this.#transports = [webSocket(platform), eventStream(platform), longPoll(platform)];
    this.#receipts = new Receipts(platform, (cursor) => this.#current?.applied(cursor));
    this.#refresher = new Refresher(platform, handlers.refresh, () => this.#settle());
  }

  /** The position up to which everything was handed over. */
  get cursor(): Cursor | null {
    return this.#channels.cursor;
  }

  /** Connects as this viewer, and stays connected until `stop`. After a rejection: tries again. */
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
    this.#refresher.stop();
    this.#receipts.stop();
    this.#channels.clear();
    this.#attempt = 0;
    this.#climbs = 0;
    this.#youngDeaths = 0;
    this.#waitingFor = null;
    this.#set("idle", null);
  }

  /** Tries again at once, because somebody asked for it; a live connection is asked to prove itself. */
  retry(): void {
    if (this.#waitingFor === "pause" || this.#waitingFor === "spread") this.#open();
    else this.wake();
  }

  /** The world may have changed: looks at once whether the connection stands, and whether there is a better one. */
  wake(): void {
    // A pause that the server asked for is not cut short by somebody switching windows.
    if (this.#waitingFor === "back-off") this.#open();
    this.#current?.probe();
    if (!this.#candidate && this.#level > 0) this.#climb(0);
  }

  /** Receives a channel from a list's position on. */
  join(channel: string, from: Cursor | null): void {
    if (this.#channels.has(channel)) return;
    this.#channels.want(channel, from);
    // Before the first connection the first list gives the stream its position; its channel then needs no replay.
    if (!this.#current?.isEstablished) this.#channels.cursor ??= from;
    else this.#current.askForChannels();
  }

  leave(channel: string): void {
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
    this.#current = this.#converse(level, (conversation, code) => this.#down(conversation, level, code));
  }

  #converse(level: number, down: (conversation: Conversation, code: number) => void): Conversation {
    const transport = this.#transports[level] as Transport;
    const conversation: Conversation = new Conversation(this.#platform.clock, transport, this.#channels, {
      connected: (userId) => this.#connected(conversation, userId),
      deliver: (deliveries) => this.#deliver(deliveries),
      reload: (channels, reason) => this.#reload(channels, reason),
      changed: () => this.#settle(),
      down: (code) => down(conversation, code),
    });
    return conversation;
  }

  #connected(conversation: Conversation, userId: string | null): void {
    if (userId !== null && userId !== this.#viewerId) return this.#reject();
    if (conversation === this.#candidate) {
      this.#candidate = null;
      // One that is in the middle of something is better left alone.
      if (!this.#current?.isLive) {
        conversation.close();
        return this.#climbLater();
      }
      this.#current.close();
      this.#current = conversation;
    }
    this.#note({ transport: conversation.transport.name, event: "open" });
    this.#cancelClimb();
    if (conversation.transport !== this.#transports[0]) this.#climbLater();
  }

  #deliver(deliveries: readonly Delivery[]): void {
    const { cursor } = this.#channels;
    this.#handlers.deliver(deliveries);
    if (cursor !== null) this.#receipts.applied(cursor);
  }

  #reload(channels: readonly string[], reason: string): Promise<void> {
    this.#note({ transport: this.#current?.transport.name ?? "none", event: "resync", reason });
    return this.#handlers.reload(channels);
  }

  #climbLater(): void {
    const delay = upwardDelay(this.#climbs++, this.#platform.random());
    this.#cancelClimb = this.#platform.clock.after(delay, () => this.#climb(0));
  }

  /** Tries a better transport beside the one that works; takes it when it has answered, and loses nothing meanwhile. */
  #climb(level: number): void {
    this.#cancelClimb();
    if (level >= this.#level) return this.#climbLater();
    this.#candidate = this.#converse(level, () => {
      this.#candidate = null;
      this.#climb(level + 1);
    });
  }

  #down(conversation: Conversation, level: number, code: number): void {
    const { staleSince } = this.#state;
    const next = afterClose(code);
    this.#hangUp();
    if (conversation.isEstablished) {
      this.#note({ transport: conversation.transport.name, event: "close", reason: String(code) });
      this.#set("offline", staleSince ?? conversation.lastHeard);
      this.#remember(conversation.age, next);
    } else if (next === "back-off" && level + 1 < this.#transports.length) {
      return this.#fallBack(level + 1);
    } else if (this.#refresher.refreshedAt === null) {
      this.#set("offline", staleSince);
    }
    if (next === "new-credentials") return this.#reject();
    this.#openAfter(next, conversation.isEstablished ? this.#keptLevel(level) : 0);
  }

  #fallBack(level: number): void {
    this.#note({ transport: (this.#transports[level] as Transport).name, event: "fallback" });
    this.#open(level);
  }

  #remember(age: number, next: AfterClose): void {
    if (age >= YOUNG_MS) {
      this.#youngDeaths = 0;
      this.#climbs = 0;
    } else if (next === "back-off") {
      this.#youngDeaths += 1;
    }
  }

  /** The transport to come back with after one that worked has ended. */
  #keptLevel(level: number): number {
    const unfit = this.#youngDeaths >= YOUNG_DEATHS && level + 1 < this.#transports.length;
    return unfit ? level + 1 : level;
  }

  #reject(): void {
    this.#hangUp();
    this.#refresher.stop();
    this.#set("offline", this.#state.staleSince);
    this.#waitingFor = "new-credentials";
    this.#handlers.rejected();
  }

  #openAfter(why: Exclude<AfterClose, "new-credentials">, level = 0): void {
    this.#waitingFor = why;
    if (this.#attempt > 0 || why === "pause") this.#refreshMeanwhile();
    const delay = delayBefore(this.#attempt++, why, this.#platform.random());
    this.#cancelRetry = this.#platform.clock.after(delay, () => this.#open(level));
  }

  #refreshMeanwhile(): void {
    if (this.#refresher.start()) this.#note({ transport: "none", event: "fallback" });
  }

  /** Lets go of every link; the position stays, for the next one. */
  #hangUp(): void {
    this.#cancelRetry();
    this.#cancelClimb();
    this.#candidate?.close();
    this.#candidate = null;
    this.#current?.close();
    this.#current = null;
  }

  /** Puts the state where the facts are. */
  #settle(): void {
    const { refreshedAt } = this.#refresher;
    if (this.#current?.isEstablished) {
      this.#refresher.stop();
      if (!this.#current.isLive) return this.#set("catching-up", this.#state.staleSince);
      this.#attempt = 0;
      this.#set("live", null);
    } else if (refreshedAt !== null) {
      this.#set("polling", refreshedAt);
    } else if (this.#state.status === "polling") {
      this.#set("offline", this.#state.staleSince);
    }
  }

  #note(incident: Incident): void {
    this.incidents.emit(incident);
  }

  #set(status: ConnectionStatus, staleSince: number | null): void {
    const transport = status === "polling" ? "refresh" : ((this.#current?.isEstablished && this.#current.transport.name) || "none");
    const { status: before, staleSince: since, transport: by } = this.#state;
    if (before === status && since === staleSince && by === transport) return;
    this.#state = { status, staleSince, transport };
    this.#changes.emit(this.#state);
  }
}
