import type { Connection } from "./connection";
import type { Cursor } from "./protocol";

/** The connection, and what is open on it. */
export interface LiveQueries {
  readonly connection: Connection;
  readonly open: Set<LiveQuery>;
}

/**
 * "Load, then subscribe, without a gap": loads something by REST and joins its channel at the position of the answer.
 * While it is open it is kept current: loaded again after a lost position, and when an earlier load had failed.
 */
export class LiveQuery {
  readonly channel: string | null;
  readonly #peers: LiveQueries;
  readonly #load: () => Promise<Cursor>;
  #openings = 0;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #stopListening: () => void = () => {};
  #holds = false;

  /** `load` takes the answer in and resolves with its cursor. Without a channel nothing is live. */
  constructor(peers: LiveQueries, channel: string | null, load: () => Promise<Cursor>) {
    this.#peers = peers;
    this.channel = channel;
    this.#load = load;
  }

  get isOpen(): boolean {
    return this.#openings > 0;
  }

  /** Loads and stays live until the returned function is called. */
  open(): () => void {
    this.#openings += 1;
    if (this.#openings === 1) this.#begin();
    let closed = false;
    return () => {
      if (closed) return;
      closed = true;
      this.#openings -= 1;
      if (this.#openings === 0) this.#end();
    };
  }

  /** Loads again, after the load that is under way: that one may have been read too early. */
  reload(): Promise<void> {
    this.#next ??= this.#current
      .catch(() => {})
      .then(() => {
        this.#next = null;
        this.#current = this.#run();
        return this.#current;
      });
    return this.#next;
  }

  /** As `reload`, for callers who see a failure elsewhere: in what `load` left behind. */
  refresh(): void {
    this.reload().catch(() => {});
  }

  #begin(): void {
    this.#peers.open.add(this);
    this.#stopListening = this.#peers.connection.subscribe(({ status }) => {
      // A load that is under way may still work.
      if (status === "live") this.#current.catch(() => this.isOpen && this.refresh());
    });
    this.refresh();
  }

  #end(): void {
    this.#peers.open.delete(this);
    this.#stopListening();
    this.#holds = false;
    if (this.channel !== null && !this.#isHeld) this.#peers.connection.leave(this.channel);
  }

  /** Whether the channel is wanted from a position on; several may share it. */
  get #isHeld(): boolean {
    return [...this.#peers.open].some((peer) => peer.channel === this.channel && peer.#holds);
  }

  async #run(): Promise<void> {
    const before = this.#isHeld;
    let cursor = await this.#load();
    // Whoever has joined the channel meanwhile may have done so at a later position than that of this answer.
    if (!before && this.#isHeld) cursor = await this.#load();
    if (!this.isOpen || this.channel === null) return;
    this.#holds = true;
    this.#peers.connection.join(this.channel, cursor);
  }
}
