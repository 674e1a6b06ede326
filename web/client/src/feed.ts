import type { PostPage } from "./api";
import { Emitter } from "./emitter";
import type { FeedSource } from "./feed-sources";
import { loadAnew, PAGE_SIZE, type FreshList } from "./fresh-list";
import { LiveQuery, type LiveQueries } from "./live-query";
import { PostList } from "./post-list";
import type { EventPost, Post } from "./protocol";
import type { PostEntry, PostStore, StoreChange } from "./store";
import type { Placed } from "./timeline";
import { together } from "./together";
import { unlessEqual } from "./unless-equal";

/** Past this a live post cuts the end off the list of a reader at the top, to bound its memory. */
const LONGEST_LIVE = 480;
/** What is left of it. As it grows again it stays below what a reload brings, which is how its end comes back. */
const LEFT_OF_LIVE = 240;

export interface FeedOptions {
  /** How many new posts of others are held while they wait to be shown. */
  maxPendingPosts: number;
  /** Whether own posts are shown at once; else they wait like those of others. */
  autoUpdateFeed?: boolean;
  /** Only what is newer than this is part of the feed: somebody else has the rest. */
  above?: Placed | null;
}

export interface FeedSnapshot {
  /** `failed`: there is nothing to show, because of `error`. */
  readonly phase: "loading" | "ready" | "failed";
  readonly entries: readonly PostEntry[];
  /** How many new posts of others wait to be shown. */
  readonly waiting: number;
  /** Those of them that are here; the oldest fall out, and come back from the server when they are to be shown. */
  readonly pending: readonly PostEntry[];
  /** Some have fallen out, so that `waiting` is a count from before: a post of them may be deleted since. */
  readonly hasGap: boolean;
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  /** Why the last load failed; null after one that worked. */
  readonly error: unknown;
}

/** One list of posts, newest first: pages below, live posts above. */
export class Feed {
  readonly #source: FeedSource;
  readonly #store: PostStore;
  readonly #live: LiveQuery;
  readonly #list: PostList;
  readonly #options: FeedOptions;
  readonly #changes = new Emitter<void>();
  /** Lets go of the store. */
  readonly dispose: () => void;
  #arrived = new Set<string>();
  #atTop = true;
  #releasing = false;
  #isLoaded = false;
  #error: unknown = null;
  #next: string | null = null;
  /** The end of the list was cut off, and `next` with it. */
  #isCut = false;
  #loadingMore = false;
  #generation = 0;
  #snapshot: FeedSnapshot | null = null;
  #isStale = true;

  readonly subscribe = this.#changes.subscribe;

  constructor(source: FeedSource, store: PostStore, queries: LiveQueries, options: FeedOptions) {
    this.#source = source;
    this.#store = store;
    this.#options = options;
    this.#list = new PostList(options.maxPendingPosts, options.above);
    this.#live = new LiveQuery(queries, source.channel, () => this.#load());
    this.dispose = together(
      store.subscribe((change) => this.#storeChanged(change)),
      store.hold(() => this.#list.all().map(({ id }) => id)),
    );
  }

  get isOpen(): boolean {
    return this.#live.isOpen;
  }

  /** Loads the feed and keeps it live until the returned function is called. */
  readonly open = (): (() => void) => this.#live.open();

  /** Replaces the list by a fresh one, without a flash. Rejects if that did not work. */
  readonly reload = (): Promise<void> => this.#live.reload();

  /** The same object until something in it has changed. */
  readonly snapshot = (): FeedSnapshot => {
    if (this.#snapshot && !this.#isStale) return this.#snapshot;
    this.#isStale = false;
    return (this.#snapshot = unlessEqual(this.#snapshot, {
      phase: this.#phase(),
      entries: this.#entries(),
      waiting: this.#list.waiting,
      pending: this.#held(this.#list.pending()),
      hasGap: this.#list.hasGap,
      hasMore: this.#hasMore,
      loadingMore: this.#loadingMore,
      error: this.#error,
    }));
  };

  /** Tells where the reader is: at the top posts of others come in by themselves, elsewhere they wait. */
  setAtTop(atTop: boolean): void {
    this.#atTop = atTop;
  }

  /** Shows what waits; if some of it has fallen out, by loading the list anew, from the top. */
  async showWaiting(): Promise<void> {
    if (this.#list.hasGap) {
      this.#releasing = true;
      // Why it failed is in the snapshot; what waits goes on waiting.
      await this.reload().catch(() => {});
      this.#releasing = false;
    } else {
      this.#list.release();
      this.#changed();
    }
  }

  async loadMore(): Promise<void> {
    if (this.#loadingMore || !this.#hasMore) return;
    this.#loadingMore = true;
    this.#changed();
    try {
      if (this.#next === null) await this.reload();
      else await this.#loadNext(this.#next);
      this.#error = null;
    } catch (error) {
      this.#error = error;
    }
    this.#loadingMore = false;
    this.#changed();
  }

  /** A live post: takes it in if it is part of this feed. */
  consider(post: EventPost, channels: ReadonlySet<string>): void {
    if (!this.#live.isOpen) return;
    const belongs = this.#source.belongs(post, channels);
    if (belongs === true) this.#take(post);
    else if (belongs) belongs.then((does) => does && this.#takeLate(post), () => this.#live.refresh());
  }

  /** Leaves posts out of this feed that somebody else shows beside it. */
  leaveOut(ids: ReadonlySet<string>): void {
    this.#list.leaveOut(ids);
    this.#changed();
  }

  /** Takes posts out of this feed; elsewhere they stay. */
  drop(isMeant: (post: Post) => boolean): void {
    for (const { post } of this.#held(this.#list.all())) {
      if (isMeant(post)) this.#list.remove(post.id);
    }
    this.#store.touch();
  }

  /** Whether an own post is part of this feed. */
  takes(post: EventPost): boolean {
    return this.#source.belongs(post, NO_CHANNELS) === true;
  }

  #phase(): FeedSnapshot["phase"] {
    if (this.#isLoaded) return "ready";
    return this.#error === null ? "loading" : "failed";
  }

  get #hasMore(): boolean {
    return this.#next !== null || this.#isCut;
  }

  async #load(): Promise<string> {
    this.#arrived = new Set();
    const since = this.#store.revision;
    // Nobody reads further down, so the end may move; a list beside another one always ends where that one begins.
    const end = this.#toTop && !this.#options.above ? undefined : this.#list.end;
    try {
      const fresh = await loadAnew(this.#source, this.#list.size + (this.#isCut ? PAGE_SIZE : 0), end);
      this.#replace(fresh, since);
      return fresh.cursor;
    } catch (error) {
      this.#error = error;
      this.#changed();
      throw error;
    }
  }

  async #loadNext(page: string): Promise<void> {
    const generation = this.#generation;
    const since = this.#store.revision;
    const answer = await this.#source.load(page, PAGE_SIZE);
    // A reload in between started the list over; its own next page is another one.
    if (generation !== this.#generation) return;
    this.#next = answer.next;
    this.#store.transaction(() => {
      this.#store.put(answer.posts, since);
      this.#list.append(this.#undeleted(answer));
    });
  }

  /** Whether the list may start over at its top, without moving a reader. */
  get #toTop(): boolean {
    return this.#releasing || (this.#atTop && this.#list.waiting === 0);
  }

  #replace(fresh: FreshList, since: number): void {
    this.#generation += 1;
    const complete = fresh.complete || this.#toTop;
    if (complete) {
      this.#next = fresh.next;
      this.#isCut = false;
    }
    this.#isLoaded = true;
    this.#error = null;
    this.#store.transaction(() => {
      this.#store.put(fresh.posts, since);
      if (this.#releasing) this.#list.forgetWaiting();
      this.#list.replace(this.#undeleted(fresh), this.#arrived, { wait: !this.#toTop, complete });
    });
    this.#changed();
  }

  #undeleted({ posts }: PostPage): Post[] {
    return posts.filter(({ id }) => !this.#store.isDeleted(id));
  }

  #take(post: EventPost): void {
    if (this.#insert(post)) this.#store.touch();
  }

  /** Unless it was taken away meanwhile. */
  #takeLate(post: EventPost): void {
    if (this.isOpen && this.#store.entry(post.id)) this.#take(post);
  }

  #insert(post: EventPost): boolean {
    if (this.#store.isDeleted(post.id)) return false;
    const wait = !this.#isFirst(post) && !this.#toTop;
    this.#arrived.add(post.id);
    const isNew = this.#list.insert(post, wait);
    if (this.#toTop && !this.#options.above && this.#list.size > LONGEST_LIVE) this.#cut();
    return isNew;
  }

  /** Whether a post is shown wherever the reader is. */
  #isFirst({ creator }: EventPost): boolean {
    if (!this.#isLoaded && !this.#options.above) return true;
    return creator.id === this.#source.viewerId && this.#showsOwn;
  }

  get #showsOwn(): boolean {
    return this.#options.autoUpdateFeed !== false;
  }

  #cut(): void {
    this.#list.cut(LEFT_OF_LIVE);
    this.#next = null;
    this.#isCut = true;
    this.#generation += 1;
  }

  #storeChanged({ paired, deleted }: StoreChange): void {
    for (const { post } of paired) if (this.takes(post)) this.#insert(post);
    for (const id of deleted) this.#list.remove(id);
    this.#changed();
  }

  #entries(): readonly PostEntry[] {
    const outgoing = this.#showsOwn ? this.#store.outgoing().filter(({ post }) => this.takes(post)) : [];
    return [...outgoing, ...this.#held(this.#list.shown())];
  }

  #held(posts: readonly Placed[]): PostEntry[] {
    return posts.flatMap(({ id }) => this.#store.entry(id) ?? []);
  }

  #changed(): void {
    this.#isStale = true;
    this.#changes.emit();
  }
}

const NO_CHANNELS: ReadonlySet<string> = new Set();
