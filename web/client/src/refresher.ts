import type { Platform } from "./platform";

const INTERVAL_MS = 10_000;

/** The way that is left when nothing live gets through: loads everything that is open again and again. */
export class Refresher {
  readonly #platform: Platform;
  readonly #refresh: () => Promise<void>;
  readonly #changed: () => void;
  /** Of the present run; whoever comes back from an earlier one has nothing to say. */
  #run: object | null = null;
  #refreshedAt: number | null = null;
  #cancelNext: () => void = () => {};

  constructor(platform: Platform, refresh: () => Promise<void>, changed: () => void) {
    this.#platform = platform;
    this.#refresh = refresh;
    this.#changed = changed;
  }

  /** When everything was last loaded, in milliseconds since the epoch; null if that does not work either. */
  get refreshedAt(): number | null {
    return this.#refreshedAt;
  }

  /** Returns false if it had been started already. */
  start(): boolean {
    if (this.#run) return false;
    this.#run = {};
    void this.#turn(this.#run);
    return true;
  }

  stop(): void {
    this.#run = null;
    this.#refreshedAt = null;
    this.#cancelNext();
  }

  async #turn(run: object): Promise<void> {
    const startedAt = this.#platform.clock.now();
    const works = await this.#refresh().then(
      () => true,
      () => false,
    );
    if (this.#run !== run) return;
    this.#refreshedAt = works ? startedAt : null;
    this.#changed();
    // Not everyone at the same moment.
    const wait = INTERVAL_MS * (0.75 + this.#platform.random() / 2);
    this.#cancelNext = this.#platform.clock.after(wait, () => void this.#turn(run));
  }
}
