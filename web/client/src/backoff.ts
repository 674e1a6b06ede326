import type { AfterClose } from "./close-codes";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
const SPREAD_MS = 3_000;
const PAUSE_MS = 10_000;
/** In case that nobody says when live delivery is on again. */
const OFF_MS = 60_000;
const FIRST_CLIMB_MS = 5_000;
const RAREST_CLIMB_MS = 300_000;

/** Milliseconds before attempt number `attempt` (from 0). `random` is in [0, 1). */
export function delayBefore(attempt: number, why: Exclude<AfterClose, "new-credentials">, random: number): number {
  if (why === "spread" && attempt === 0) return random * SPREAD_MS;
  if (why === "off") return OFF_MS * (1 + random);
  const backOff = exponential(attempt, random);
  return why === "pause" ? PAUSE_MS + backOff : backOff;
}

export function exponential(attempt: number, random: number): number {
  return halfRandom(Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt), random);
}

/** Milliseconds before the next try of a better transport than the one that works. */
export function upwardDelay(climb: number, random: number): number {
  return halfRandom(Math.min(RAREST_CLIMB_MS, FIRST_CLIMB_MS * 2 ** climb), random);
}

/** Half of it fixed, half random: never at once in a loop, never all clients together. */
function halfRandom(ceiling: number, random: number): number {
  return ceiling / 2 + (random * ceiling) / 2;
}
