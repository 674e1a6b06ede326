import type { Platform } from "./platform";
import type { Cursor } from "./protocol";

/** At most one receipt in this time: they tell how far a screen is, not which events it had. */
const INTERVAL_MS = 1_000;

/** Tells how far events have come onto the screen, when they are painted. */
export class Receipts {
  readonly #platform: Platform;
  readonly #send: (cursor: Cursor) => void;
  #waiting: Cursor | null = null;
  #cancelPause: (() => void) | null = null;

  constructor(platform: Platform, send: (cursor: Cursor) => void) {
    this.#platform = platform;
    this.#send = send;
  }

  /** The store has taken in everything up to here. */
  applied(cursor: Cursor): void {
    this.#platform.afterPaint((painted) => {
      if (!painted) return;
      this.#waiting = cursor;
      if (!this.#cancelPause) this.#tell();
    });
  }

  stop(): void {
    this.#cancelPause?.();
    this.#cancelPause = null;
    this.#waiting = null;
  }

  #tell(): void {
    this.#cancelPause = null;
    if (this.#waiting === null) return;
    this.#send(this.#waiting);
    this.#waiting = null;
    this.#cancelPause = this.#platform.clock.after(INTERVAL_MS, () => this.#tell());
  }
}
