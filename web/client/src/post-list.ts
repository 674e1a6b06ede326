import { isNewer, Timeline, type Placed } from "./timeline";

/**
 * The posts of one feed: those that are shown, and those that wait, so that nothing moves under a reader's eyes. Of these
 * the list holds only the newest. When older ones fall out there is a gap: how many are in it is counted, and which ones
 * is for the server to say when they are to be shown.
 */
export class PostList {
  readonly #maxWaiting: number;
  readonly #above: Placed | null;
  #leftOut: ReadonlySet<string> = new Set();
  #shown = new Timeline();
  #waiting = new Timeline();
  #missing = 0;
  #newestMissing: Placed | null = null;

  /** With `above`, it is a list only of what is newer than that. */
  constructor(maxWaiting: number, above: Placed | null = null) {
    this.#maxWaiting = maxWaiting;
    this.#above = above;
  }

  /** How many wait, those in the gap included. */
  get waiting(): number {
    return this.#waiting.size + this.#missing;
  }

  get hasGap(): boolean {
    return this.#newestMissing !== null;
  }

  /** How many posts it is made of, those in the gap included. */
  get size(): number {
    return this.#shown.size + this.waiting;
  }

  /** Where it ends: a fresh list has to reach down to here. */
  get end(): Placed | undefined {
    return this.#above ?? this.#shown.oldest;
  }

  shown(): readonly Placed[] {
    return this.#shown.all();
  }

  /** Those that wait and are held. */
  pending(): readonly Placed[] {
    return this.#waiting.all();
  }

  /** Those that are held, shown or not. */
  all(): readonly Placed[] {
    return [...this.shown(), ...this.pending()];
  }

  /** Returns false if the post was there already. */
  insert(post: Placed, wait: boolean): boolean {
    if (this.#shown.has(post) || this.#waiting.has(post) || this.#isElsewhere(post)) return false;
    if (!wait) return this.#shown.insert(post);
    // Whatever is not above the gap is in it, and was counted when it fell there.
    if (this.#newestMissing && !isNewer(post, this.#newestMissing)) return false;
    this.#waiting.insert(post);
    this.#miss(this.#waiting.cut(this.#maxWaiting));
    return true;
  }

  remove(id: string): void {
    this.#shown.remove(id);
    this.#waiting.remove(id);
  }

  /** Takes no post with one of these ids, and lets go of those that it has. */
  leaveOut(ids: ReadonlySet<string>): void {
    this.#leftOut = ids;
    for (const id of ids) this.remove(id);
  }

  append(posts: readonly Placed[]): void {
    for (const post of posts) this.insert(post, false);
  }

  /**
   * Takes over a fresh list. `keep` are ids that came while it was on its way and may be missing from it. With `wait`,
   * what is new above the end of the old list waits; what waited already goes on waiting. A fresh list that is not
   * `complete` ends before the old one does: what is below it stays as it was.
   */
  replace(fresh: readonly Placed[], keep: ReadonlySet<string>, { wait, complete }: Replacement): void {
    const [shown, waiting] = [this.#shown, this.#waiting];
    const oldest = this.end ?? waiting.oldest;
    const end = complete ? undefined : fresh.at(-1);
    const stays = (post: Placed) => keep.has(post.id) || (end !== undefined && isNewer(end, post));
    const kept = this.all().filter(stays);
    const isNew = (post: Placed) => oldest !== undefined && !shown.has(post) && isNewer(post, oldest);
    this.#shown = new Timeline();
    this.forgetWaiting();
    // Oldest first, as they would have come: that is how the oldest fall out.
    for (const post of [...kept, ...fresh].toSorted((a, b) => (isNewer(a, b) ? 1 : -1))) {
      this.insert(post, waiting.has(post) || (wait && isNew(post)));
    }
    const [newest] = shown.all();
    if (end && newest && isNewer(end, newest) && !this.hasGap) this.#miss([end]);
  }

  /** Shows everything that waits. */
  release(): void {
    this.append(this.#waiting.cut(0));
    this.forgetWaiting();
  }

  /** Lets go of what waits, for a fresh list that will bring it. */
  forgetWaiting(): void {
    this.#waiting = new Timeline();
    this.#missing = 0;
    this.#newestMissing = null;
  }

  /** Shows only the newest `size` from now on. */
  cut(size: number): void {
    this.#shown.cut(size);
  }

  #isElsewhere(post: Placed): boolean {
    return this.#leftOut.has(post.id) || (this.#above !== null && !isNewer(post, this.#above));
  }

  /** Newest first. */
  #miss(posts: readonly Placed[]): void {
    this.#missing += posts.length;
    const [newest] = posts;
    if (newest && (!this.#newestMissing || isNewer(newest, this.#newestMissing))) this.#newestMissing = newest;
  }
}

interface Replacement {
  wait: boolean;
  complete: boolean;
}
