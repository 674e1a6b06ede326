import type { AfterClose } from "./close-codes";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
const SPREAD_MS = 3_000;
const PAUSE_MS = 10_000;
/** In case that nobody says when live delivery is on again. */
const OFF_MS = 60_000;

/** Milliseconds before attempt number `attempt` (from 0). `random` is in [0, 1). */
export function delayBefore(attempt: number, why: Exclude<AfterClose, "new-credentials">, random: number): number {
  if (why === "spread" && attempt === 0) return random * SPREAD_MS;
  if (why === "off") return OFF_MS * (1 + random);
  const backOff = exponential(attempt, random);
  return why === "pause" ? PAUSE_MS + backOff : backOff;
}

export function exponential(attempt: number, random: number): number {
  return growing(FIRST_MS, LONGEST_MS, attempt, random);
}

/** Twice as long each time. Half of it fixed, half random: never at once in a loop, never all clients together. */
export function growing(first: number, longest: number, attempt: number, random: number): number {
  return (Math.min(longest, first * 2 ** attempt) * (1 + random)) / 2;
}
