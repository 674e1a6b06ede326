import type { Platform } from "./platform";

const INTERVAL_MS = 10_000;

/** The way that is left when nothing live gets through: loads everything that is open again and again. */
export class Refresher {
  readonly #platform: Pick<Platform, "clock" | "random">;
  readonly #refresh: () => Promise<void>;
  readonly #changed: () => void;
  #isStopped = false;
  #refreshedAt: number | null = null;
  #cancelNext: () => void = () => {};

  constructor(platform: Pick<Platform, "clock" | "random">, refresh: () => Promise<void>, changed: () => void) {
    this.#platform = platform;
    this.#refresh = refresh;
    this.#changed = changed;
    void this.#turn();
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
    const works = await this.#refresh().then(
      () => true,
      () => false,
    );
    if (this.#isStopped) return;
    this.#refreshedAt = works ? startedAt : null;
    this.#changed();
    // Not everyone at the same moment.
    const wait = INTERVAL_MS * (0.75 + this.#platform.random() / 2);
    this.#cancelNext = this.#platform.clock.after(wait, () => void this.#turn());
  }
}
