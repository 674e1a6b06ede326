/** What the place of a post in a list is made of. */
export interface Placed {
  readonly id: string;
  readonly createdAt: string;
}

/** The server's order of lists: by time, and by id among posts of one millisecond. */
export function isNewer(a: Placed, b: Placed): boolean {
  return a.createdAt === b.createdAt ? a.id > b.id : a.createdAt > b.createdAt;
}

/** Posts by id, newest first, each once. */
export class Timeline {
  readonly #ids = new Set<string>();
  #places: Placed[] = [];

  get size(): number {
    return this.#places.length;
  }

  get newest(): Placed | undefined {
    return this.#places[0];
  }

  get oldest(): Placed | undefined {
    return this.#places.at(-1);
  }

  all(): readonly Placed[] {
    return this.#places;
  }

  has({ id }: Placed): boolean {
    return this.#ids.has(id);
  }

  /** Returns false if the post was there already. */
  insert({ id, createdAt }: Placed): boolean {
    if (this.#ids.has(id)) return false;
    const place = { id, createdAt };
    this.#ids.add(id);
    this.#places.splice(this.#position(place), 0, place);
    return true;
  }

  remove(id: string): void {
    if (this.#ids.delete(id)) this.#places = this.#places.filter((place) => place.id !== id);
  }

  /** Keeps the newest `size` and returns the others. */
  cut(size: number): Placed[] {
    const others = this.#places.splice(size);
    for (const { id } of others) this.#ids.delete(id);
    return others;
  }

  #position(post: Placed): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isNewer(this.#places[middle] as Placed, post)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
