/** `before` if `now` says the same, so that nothing is drawn again for it; lists in it likewise keep their object. */
export function unlessEqual<T extends object>(before: T | null, now: T): T {
  if (!before) return now;
  const old = before as Record<string, unknown>;
  const kept = Object.entries(now).map(([name, value]) => [name, unlessEqualList(old[name], value)] as const);
  return kept.every(([name, value]) => value === old[name]) ? before : (Object.fromEntries(kept) as T);
}

function unlessEqualList(before: unknown, now: unknown): unknown {
  if (!Array.isArray(before) || !Array.isArray(now) || before.length !== now.length) return now;
  return now.every((value, index) => value === before[index]) ? before : now;
}
