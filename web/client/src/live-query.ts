import { exponential } from "./backoff";
import type { Connection } from "./connection";
import type { Platform } from "./platform";
import { isPassing, pauseAfter } from "./problem";
import type { Cursor } from "./protocol";
import { together } from "./together";

/** The connection, and what is open on it. */
export interface LiveQueries {
  readonly platform: Pick<Platform, "clock" | "random" | "onWake">;
  readonly connection: Connection;
  readonly open: Set<LiveQuery>;
}

/**
 * "Load, then subscribe, without a gap": loads something by REST and joins its channel at the position of the answer.
 * While it is open it is kept current: loaded again after a lost position, and when a load has failed.
 */
export class LiveQuery {
  readonly channel: string | null;
  readonly #peers: LiveQueries;
  readonly #load: () => Promise<Cursor>;
  readonly #openings = new Set<object>();
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;
  #failures = 0;
  #cancelRetry = nothing;
  /** Tries again what has failed, without waiting: unless the server has named a later time. */
  #hurry = nothing;
  #stopListening = nothing;
  #holds = false;

  /** `load` takes the answer in and resolves with its cursor. Without a channel nothing is live. */
  constructor(peers: LiveQueries, channel: string | null, load: () => Promise<Cursor>) {
    this.#peers = peers;
    this.channel = channel;
    this.#load = load;
  }

  get isOpen(): boolean {
    return this.#openings.size > 0;
  }

  /** Loads and stays live until the returned function is called. */
  open(): () => void {
    const opening = {};
    if (this.#openings.add(opening).size === 1) this.#begin();
    return () => {
      if (this.#openings.delete(opening) && !this.isOpen) this.#end();
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
    const { open, platform, connection } = this.#peers;
    open.add(this);
    this.#stopListening = together(
      platform.onWake(() => this.#hurry()),
      connection.subscribe(({ status }) => status === "live" && this.#hurry()),
    );
    this.refresh();
  }

  #failed(error: unknown): void {
    if (!this.isOpen) return;
    const { platform } = this.#peers;
    const { clock } = platform;
    const pause = pauseAfter(error);
    const from = clock.now() + pause;
    this.#hurry = () => clock.now() >= from && this.refresh();
    if (isPassing(error)) this.#cancelRetry = clock.after(pause + exponential(this.#failures++, platform.random()), () => this.refresh());
  }

  #rest(): void {
    this.#cancelRetry();
    this.#hurry = nothing;
  }

  #end(): void {
    this.#peers.open.delete(this);
    this.#stopListening();
    this.#rest();
    this.#holds = false;
    if (this.channel !== null && !this.#isHeld) this.#peers.connection.leave(this.channel);
  }

  /** Whether the channel is wanted from a position on; several may share it. */
  get #isHeld(): boolean {
    return [...this.#peers.open].some((peer) => peer.channel === this.channel && peer.#holds);
  }

  async #run(): Promise<void> {
    this.#rest();
    try {
      const before = this.#isHeld;
      let cursor = await this.#load();
      // Whoever has joined the channel meanwhile may have done so at a later position than that of this answer.
      if (!before && this.#isHeld) cursor = await this.#load();
      this.#failures = 0;
      this.#join(cursor);
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #join(cursor: Cursor): void {
    if (!this.isOpen || this.channel === null) return;
    this.#holds = true;
    this.#peers.connection.join(this.channel, cursor);
  }
}

const nothing = (): unknown => undefined;
