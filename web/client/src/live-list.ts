import type { Delivery, Feedline, LiveQuery } from ".";
import { Emitter } from "./emitter";
import type { Cursor, FeedEvent } from "./protocol";
import { isNewer, type Placed } from "./timeline";
import { together } from "./together";
import { unlessEqual } from "./unless-equal";

export const PAGE_SIZE = 20;
/** The server's own limit. */
const LARGEST_PAGE = 100;
/** Past this the list starts over at its top, with one page. */
const LONGEST = 500;

export interface ListPage<T> {
  items: readonly T[];
  next: string | null;
  cursor: Cursor;
}

/** Where a list comes from, and what events do to it. */
export interface ListSource<T, P extends ListPage<T> = ListPage<T>> {
  readonly channel: string | null;
  load(page: string | null, limit: number): Promise<P>;
  /** A page is about to be shown: the first one, in place of everything, or the next. */
  took?(page: P, isFirst: boolean): void;
  /** Takes in one event, in log order with the others; a second time it changes nothing. Says whether it was about this list. */
  apply(event: FeedEvent): boolean;
}

export interface ListSnapshot<T> {
  readonly phase: "loading" | "ready" | "failed";
  readonly items: readonly T[];
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  /** Why the last load failed; null after one that worked. */
  readonly error: unknown;
}

/** A list of something other than posts, newest first: pages by REST, and the events of a channel. */
export class LiveList<T extends Placed, P extends ListPage<T> = ListPage<T>> {
  readonly #client: Feedline;
  readonly #source: ListSource<T, P>;
  readonly #live: LiveQuery;
  readonly #changes = new Emitter<void>();
  #items: readonly T[] = [];
  #next: string | null = null;
  #phase: ListSnapshot<T>["phase"] = "loading";
  #error: unknown = null;
  #loadingMore = false;
  #generation = 0;
  #requests = 0;
  /** What was told while pages were on their way: they may be older. */
  #told: FeedEvent[] = [];
  #snapshot: ListSnapshot<T> | null = null;

  readonly subscribe = this.#changes.subscribe;

  constructor(client: Feedline, source: ListSource<T, P>) {
    this.#client = client;
    this.#source = source;
    this.#live = client.live(source.channel, () => this.#load());
  }

  /** Loads the list and keeps it live until the returned function is called. */
  readonly open = (): (() => void) => {
    const stopListening = this.#client.delivered.subscribe((deliveries) => this.#deliver(deliveries));
    return together(stopListening, this.#live.open());
  };

  readonly reload = (): Promise<void> => this.#live.reload();

  /** As `reload`; a failure is in the snapshot. */
  refresh(): void {
    this.#live.refresh();
  }

  /** The same object until something in it has changed. */
  readonly snapshot = (): ListSnapshot<T> => {
    this.#snapshot = unlessEqual(this.#snapshot, {
      phase: this.#phase,
      items: this.#items,
      hasMore: this.hasMore,
      loadingMore: this.#loadingMore,
      error: this.#error,
    });
    return this.#snapshot;
  };

  get hasMore(): boolean {
    return this.#next !== null;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  /** Whether something of this place is, or would be, in the part of the list that is here. */
  reaches(place: Placed): boolean {
    const last = this.#items.at(-1);
    return !this.hasMore || last === undefined || last.id === place.id || isNewer(place, last);
  }

  /** Puts something in its place; what is further down than the list goes comes with its page. */
  put(item: T): void {
    if (!this.reaches(item)) return;
    const others = this.#items.filter(({ id }) => id !== item.id);
    const at = others.findIndex((other) => isNewer(item, other));
    this.replace(others.toSpliced(at === -1 ? others.length : at, 0, item));
    if (this.#items.length > LONGEST) this.refresh();
  }

  remove(id: string): void {
    this.replace(this.#items.filter((item) => item.id !== id));
  }

  replace(items: readonly T[]): void {
    this.#items = items;
    this.#changes.emit();
  }

  /** Nothing is left of it, further down neither. */
  clear(): void {
    this.#next = null;
    this.#generation += 1;
    this.replace([]);
  }

  async loadMore(): Promise<void> {
    if (this.#next === null || this.#loadingMore) return;
    this.#loadingMore = true;
    this.#changes.emit();
    try {
      await this.#loadNext(this.#next);
      this.#error = null;
    } catch (error) {
      this.#error = error;
    }
    this.#loadingMore = false;
    this.#changes.emit();
  }

  #load(): Promise<Cursor> {
    return this.#request(async () => {
      const limit = Math.min(LARGEST_PAGE, Math.max(PAGE_SIZE, this.#items.length));
      try {
        const page = await this.#source.load(null, limit);
        this.#generation += 1;
        this.#next = page.next;
        this.#phase = "ready";
        this.#error = null;
        this.#source.took?.(page, true);
        this.#merge(page.items);
        return page.cursor;
      } catch (error) {
        this.#error = error;
        if (this.#phase === "loading") this.#phase = "failed";
        this.#changes.emit();
        throw error;
      }
    });
  }

  #loadNext(page: string): Promise<void> {
    return this.#request(async () => {
      const generation = this.#generation;
      const answer = await this.#source.load(page, PAGE_SIZE);
      // A reload in between started the list over; its own next page is another one.
      if (generation !== this.#generation) return;
      this.#next = answer.next;
      this.#source.took?.(answer, false);
      const known = new Set(this.#items.map(({ id }) => id));
      this.#merge([...this.#items, ...answer.items.filter(({ id }) => !known.has(id))]);
    });
  }

  #merge(items: readonly T[]): void {
    this.replace(items);
    for (const event of this.#told) this.#source.apply(event);
  }

  async #request<R>(work: () => Promise<R>): Promise<R> {
    this.#requests += 1;
    try {
      return await work();
    } finally {
      this.#requests -= 1;
      if (this.#requests === 0) this.#told = [];
    }
  }

  #deliver(deliveries: readonly Delivery[]): void {
    for (const { event } of deliveries) {
      if (this.#source.apply(event) && this.#requests > 0) this.#told.push(event);
    }
  }
}
