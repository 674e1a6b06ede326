/**
 * The ids of one feed, newest first (UUIDv7 sorts by time), each once. Those in `waiting` are known but not shown, so
 * that nothing moves under a reader's eyes.
 */
export class PostList {
  #ids: string[] = [];
  readonly #waiting = new Set<string>();

  get waiting(): number {
    return this.#waiting.size;
  }

  shown(): string[] {
    return this.#ids.filter((id) => !this.#waiting.has(id));
  }

  get size(): number {
    return this.#ids.length;
  }

  has(id: string): boolean {
    const at = this.#position(id);
    return this.#ids[at] === id;
  }

  /** Returns false if the id was there already. */
  insert(id: string, wait: boolean): boolean {
    const at = this.#position(id);
    if (this.#ids[at] === id) return false;
    this.#ids.splice(at, 0, id);
    if (wait) this.#waiting.add(id);
    return true;
  }

  remove(id: string): boolean {
    const at = this.#position(id);
    if (this.#ids[at] !== id) return false;
    this.#ids.splice(at, 1);
    this.#waiting.delete(id);
    return true;
  }

  append(ids: readonly string[]): void {
    for (const id of ids) this.insert(id, false);
  }

  /**
   * Takes over a fresh list. `keep` are ids that came while it was on its way and may be missing from it. With `wait`,
   * what is newer than the end of the old list waits; what waited already goes on waiting.
   */
  replace(fresh: readonly string[], keep: ReadonlySet<string>, wait: boolean): void {
    const before = new Set(this.#ids);
    const end = this.#ids.at(-1) ?? null;
    const kept = this.#ids.filter((id) => keep.has(id));
    this.#ids = [];
    for (const id of [...fresh, ...kept]) {
      const isNew = !before.has(id) && end !== null && id > end;
      this.insert(id, wait && isNew);
    }
    for (const id of this.#waiting) if (!this.has(id)) this.#waiting.delete(id);
  }

  /** Shows everything that waits. */
  release(): void {
    this.#waiting.clear();
  }

  #position(id: string): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] as string) > id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
