/**
 * How far the server's clock may be ahead of this one, in milliseconds. An event is heard after it was committed, and a
 * post is committed after its author has pressed the button: each of these bounds the offset from one side. The clocks
 * count as equal for as long as that may be, and else as different as they must be at least. So what is measured across
 * both is off by no more than the real difference of the clocks, and never negative.
 */
export class OffsetBounds {
  #atLeast = Number.NEGATIVE_INFINITY;
  #atMost = Number.POSITIVE_INFINITY;

  /** An event of the server's time `committedAt` was heard at `now`. */
  heard(committedAt: number, now: number): void {
    this.#atLeast = Math.max(this.#atLeast, committedAt - now);
  }

  /** What was asked for at `askedAt` was done at the server's time `doneAt`. */
  answered(askedAt: number, doneAt: number): void {
    this.#atMost = Math.min(this.#atMost, doneAt - askedAt);
  }

  /** A time of the server by this clock. */
  here(serverTime: number): number {
    return serverTime - Math.min(this.#atMost, Math.max(this.#atLeast, 0));
  }
}
