import type { Clock } from "./platform";

/** Runs the first of a quiet time at once, and what comes in the `delay` after it together, when that is over. */
export class Pace {
  readonly #clock: Clock;
  delayMs: number;
  readonly #work: () => void;
  #isWaiting = false;
  #isWanted = false;

  constructor(clock: Clock, delayMs: number, work: () => void) {
    this.#clock = clock;
    this.delayMs = delayMs;
    this.#work = work;
  }

  request(): void {
    if (this.#isWaiting) this.#isWanted = true;
    else this.#run();
  }

  /** Runs now, with everything that was to come later. */
  rush(): void {
    this.#isWanted = false;
    this.#work();
  }

  #run(): void {
    this.#isWanted = false;
    this.#isWaiting = true;
    this.#clock.after(this.delayMs, () => {
      this.#isWaiting = false;
      if (this.#isWanted) this.#run();
    });
    this.#work();
  }
}
