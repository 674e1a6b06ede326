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
  #places: Placed[] = [];

  get size(): number {
    return this.#places.length;
  }

  get oldest(): Placed | undefined {
    return this.#places.at(-1);
  }

  all(): readonly Placed[] {
    return this.#places;
  }

  has(post: Placed): boolean {
    return this.#places[this.#position(post)]?.id === post.id;
  }

  /** Returns false if the post was there already. */
  insert({ id, createdAt }: Placed): boolean {
    const place = { id, createdAt };
    if (this.has(place)) return false;
    this.#places.splice(this.#position(place), 0, place);
    return true;
  }

  remove(id: string): void {
    this.#places = this.#places.filter((place) => place.id !== id);
  }

  /** Keeps the newest `size` and returns the others. */
  cut(size: number): Placed[] {
    return this.#places.splice(size);
  }

  #position(post: Placed): number {
    // Most are new, and so the first comparison is the last.
    const position = this.#places.findIndex((place) => !isNewer(place, post));
    return position < 0 ? this.size : position;
  }
}
