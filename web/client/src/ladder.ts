import { growing } from "./backoff";
import type { AfterClose } from "./close-codes";
import type { Conversation } from "./conversation";
import type { Platform } from "./platform";

/** A connection that ends sooner than this did not do its work; after so many of them the next transport is tried. */
const YOUNG_MS = 30_000;
const YOUNG_DEATHS = 3;
/** Between two tries of a better transport than the one that works. */
const FIRST_CLIMB_MS = 5_000;
const RAREST_CLIMB_MS = 300_000;

/** The transports of a connection, by their place from the best (0) to the last. */
export interface Rungs {
  readonly last: number;
  /** The one in use; -1 if there is none. */
  level(): number;
  converse(level: number, down: () => void): Conversation;
}

/** Goes down when a transport keeps dying young, and tries the better ones again beside the one that works. */
export class Ladder {
  readonly #platform: Pick<Platform, "clock" | "random">;
  readonly #rungs: Rungs;
  /** A better transport on trial. */
  #candidate: Conversation | null = null;
  #climbs = 0;
  #youngDeaths = 0;
  #cancelClimb: () => void = () => {};

  constructor(platform: Pick<Platform, "clock" | "random">, rungs: Rungs) {
    this.#platform = platform;
    this.#rungs = rungs;
  }

  /** Whether this conversation was on trial, and has answered. */
  took(conversation: Conversation): boolean {
    if (conversation !== this.#candidate) return false;
    this.#candidate = null;
    this.#cancelClimb();
    return true;
  }

  /** Tries a better transport in a while. */
  wait(): void {
    this.#cancelClimb();
    const delay = growing(FIRST_CLIMB_MS, RAREST_CLIMB_MS, this.#climbs++, this.#platform.random());
    this.#cancelClimb = this.#platform.clock.after(delay, () => this.#climb(0));
  }

  /** Looks at once whether there is a better transport. */
  wake(): void {
    if (!this.#candidate && this.#rungs.level() > 0) this.#climb(0);
  }

  /** The transport to come back with after this one had worked and has ended. */
  after(level: number, age: number, why: AfterClose): number {
    if (age >= YOUNG_MS) {
      this.#youngDeaths = 0;
      this.#climbs = 0;
    } else if (why === "back-off") {
      this.#youngDeaths += 1;
    }
    return Math.min(this.#rungs.last, this.#youngDeaths >= YOUNG_DEATHS ? level + 1 : level);
  }

  rest(): void {
    this.#cancelClimb();
    this.#candidate?.close();
    this.#candidate = null;
  }

  #climb(level: number): void {
    this.#cancelClimb();
    if (level >= this.#rungs.level()) return this.wait();
    this.#candidate = this.#rungs.converse(level, () => {
      this.#candidate = null;
      this.#climb(level + 1);
    });
  }
}
