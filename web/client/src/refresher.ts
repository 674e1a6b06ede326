import type { Platform } from "./platform";
import { pauseAfter } from "./problem";

const INTERVAL_MS = 10_000;
/** Whoever had everything so long ago has not missed much. */
const FRESH_MS = 30_000;

/** The way that is left when nothing live gets through: loads everything that is open again and again. */
export class Refresher {
  readonly #platform: Pick<Platform, "clock" | "random">;
  readonly #refresh: () => Promise<void>;
  readonly #changed: () => void;
  #isStopped = false;
  #refreshedAt: number | null = null;
  #cancelNext: () => void = () => {};

  /** `since`: when everything was here the last time. If that was a moment ago, not everybody begins at the same one. */
  constructor(platform: Pick<Platform, "clock" | "random">, refresh: () => Promise<void>, changed: () => void, since: number | null = null) {
    this.#platform = platform;
    this.#refresh = refresh;
    this.#changed = changed;
    if (since === null || platform.clock.now() - since > FRESH_MS) void this.#turn();
    else {
      this.#refreshedAt = since;
      this.#next((platform.random() * INTERVAL_MS) / 2);
    }
  }

  /** When everything was last loaded, in milliseconds since the epoch; null if that does not work either. */
  get refreshedAt(): number | null {
    return this.#refreshedAt;
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelNext();
  }

  async #turn(): Promise<void> {
    const startedAt = this.#platform.clock.now();
    let pause = 0;
    let refreshedAt: number | null = startedAt;
    await this.#refresh().catch((error: unknown) => {
      refreshedAt = null;
      pause = pauseAfter(error);
    });
    if (this.#isStopped) return;
    this.#refreshedAt = refreshedAt;
    this.#changed();
    // Not everyone at the same moment.
    this.#next(pause + INTERVAL_MS * (0.75 + this.#platform.random() / 2));
  }

  #next(wait: number): void {
    this.#cancelNext = this.#platform.clock.after(wait, () => void this.#turn());
  }
}
