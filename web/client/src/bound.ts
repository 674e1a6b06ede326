/** Lets go of the oldest of more than `most`. */
export function bound(held: Map<string, unknown> | Set<string>, most: number): void {
  for (const old of held.keys()) {
    if (held.size <= most) break;
    held.delete(old);
  }
}
