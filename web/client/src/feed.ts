import type { PostPage } from "./api";
import { Emitter } from "./emitter";
import { LiveQuery, type LiveQueries } from "./live-query";
import { PostList } from "./post-list";
import type { EventPost, Post } from "./protocol";
import type { PostEntry, PostStore, StoreChange } from "./store";
import { isNewer, type Placed } from "./timeline";
import { unlessEqual } from "./unless-equal";

const PAGE_SIZE = 20;
/** The server's own limit. */
const LARGEST_PAGE = 100;
/** Posts that a reload asks for; of a longer list the rest stays as it was while the reader is down there. */
const LONGEST_RELOAD = 500;
/** Past this a live post cuts the end off the list of a reader at the top, to bound its memory. */
const LONGEST_LIVE = 480;
/** What is left of it. As it grows again it stays below what a reload brings, which is how its end comes back. */
const LEFT_OF_LIVE = 240;

export interface FeedSource {
  readonly channel: string | null;
  /** Whose posts are shown at once, wherever the reader is. */
  readonly viewerId: string | null;
  load(page: string | null, limit: number): Promise<PostPage>;
  /**
   * Whether a live post is part of this feed, from its content and the channels through which it may have come.
   * "unsure" makes the feed ask the server.
   */
  belongs(post: EventPost, channels: ReadonlySet<string>): "yes" | "no" | "unsure";
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
  readonly #changes = new Emitter<void>();
  readonly #letGo: () => void;
  #arrived = new Set<string>();
  #atTop = true;
  #releasing = false;
  #phase: FeedSnapshot["phase"] = "loading";
  #error: unknown = null;
  #next: string | null = null;
  /** The end of the list was cut off, and `next` with it. */
  #isCut = false;
  #loadingMore = false;
  #generation = 0;
  #snapshot: FeedSnapshot | null = null;
  #isStale = true;

  readonly subscribe = this.#changes.subscribe;

  constructor(source: FeedSource, store: PostStore, queries: LiveQueries, maxPendingPosts: number) {
    this.#source = source;
    this.#store = store;
    this.#list = new PostList(maxPendingPosts);
    this.#live = new LiveQuery(queries, source.channel, () => this.#load());
    const stopListening = store.subscribe((change) => this.#storeChanged(change));
    const release = store.hold(() => [...this.#list.shown(), ...this.#list.pending()].map(({ id }) => id));
    this.#letGo = () => {
      stopListening();
      release();
    };
  }

  /** Lets go of the store. */
  dispose(): void {
    this.#letGo();
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
    this.#snapshot = unlessEqual(this.#snapshot, {
      phase: this.#phase,
      entries: this.#entries(),
      waiting: this.#list.waiting,
      pending: this.#held(this.#list.pending()),
      hasGap: this.#list.hasGap,
      hasMore: this.#next !== null || this.#isCut,
      loadingMore: this.#loadingMore,
      error: this.#error,
    });
    return this.#snapshot;
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
    if (this.#loadingMore || (this.#next === null && !this.#isCut)) return;
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
    const verdict = this.#source.belongs(post, channels);
    if (verdict === "yes" && this.#insert(post)) this.#store.touch();
    else if (verdict === "unsure" && this.#live.isOpen) this.#live.refresh();
  }

  /** Takes posts out of this feed; elsewhere they stay. */
  drop(isMeant: (post: Post) => boolean): void {
    for (const { post } of this.#held([...this.#list.shown(), ...this.#list.pending()])) {
      if (isMeant(post)) this.#list.remove(post.id);
    }
    this.#store.touch();
  }

  /** Whether an own post is part of this feed. */
  takes(post: EventPost): boolean {
    return this.#source.belongs(post, NO_CHANNELS) === "yes";
  }

  async #load(): Promise<string> {
    this.#arrived = new Set();
    const since = this.#store.revision;
    try {
      const fresh = await this.#fresh();
      this.#replace(fresh, since);
      return fresh.cursor;
    } catch (error) {
      this.#error = error;
      if (this.#phase === "loading") this.#phase = "failed";
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

  /**
   * The list anew, at the position of its first page: what comes after that comes live. It is as long as it was, or goes
   * down to where it ended if somebody may be reading there.
   */
  async #fresh(): Promise<Fresh> {
    const wanted = Math.min(LONGEST_RELOAD, this.#list.size + (this.#isCut ? PAGE_SIZE : 0));
    const end = this.#toTop ? undefined : this.#list.oldest;
    const isShort = (posts: readonly Post[]) =>
      posts.length < wanted || (end !== undefined && posts.slice(-1).some((last) => isNewer(last, end)));
    const { posts, cursor, ...first } = await this.#source.load(null, pageOf(Math.max(PAGE_SIZE, wanted)));
    let { next } = first;
    while (next !== null && posts.length < LONGEST_RELOAD && isShort(posts)) {
      const missing = wanted - posts.length;
      const more = await this.#source.load(next, pageOf(missing > 0 ? missing : LARGEST_PAGE));
      posts.push(...more.posts);
      next = more.next;
    }
    return { posts, next, cursor, complete: next === null || this.#toTop || !isShort(posts) };
  }

  /** Whether the list may start over at its top, without moving a reader. */
  get #toTop(): boolean {
    return this.#releasing || (this.#atTop && this.#list.waiting === 0);
  }

  #replace(fresh: Fresh, since: number): void {
    this.#generation += 1;
    if (fresh.complete) {
      this.#next = fresh.next;
      this.#isCut = false;
    }
    this.#phase = "ready";
    this.#error = null;
    this.#store.transaction(() => {
      this.#store.put(fresh.posts, since);
      if (this.#releasing) this.#list.forgetWaiting();
      this.#list.replace(this.#undeleted(fresh), this.#arrived, { wait: !this.#toTop, complete: fresh.complete });
    });
    this.#changed();
  }

  #undeleted({ posts }: PostPage): Post[] {
    return posts.filter(({ id }) => !this.#store.isDeleted(id));
  }

  #insert(post: EventPost): boolean {
    if (this.#store.isDeleted(post.id)) return false;
    const own = post.creator.id === this.#source.viewerId;
    const wait = !own && this.#phase === "ready" && !this.#toTop;
    this.#arrived.add(post.id);
    const isNew = this.#list.insert(post, wait);
    if (this.#toTop && this.#list.size > LONGEST_LIVE) this.#cut();
    return isNew;
  }

  #cut(): void {
    this.#list.cut(LEFT_OF_LIVE);
    this.#next = null;
    this.#isCut = true;
    this.#generation += 1;
  }

  #storeChanged({ paired, deleted }: StoreChange): void {
    for (const id of paired) {
      const entry = this.#store.entry(id);
      if (entry && this.takes(entry.post)) this.#insert(entry.post);
    }
    for (const id of deleted) this.#list.remove(id);
    this.#changed();
  }

  #entries(): readonly PostEntry[] {
    const outgoing = this.#store.outgoing().filter(({ post }) => this.takes(post));
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

/** A list that was loaded anew; `complete` if it reaches down to where the old one ended. */
interface Fresh extends PostPage {
  complete: boolean;
}

function pageOf(posts: number): number {
  return Math.min(LARGEST_PAGE, posts);
}

const NO_CHANNELS: ReadonlySet<string> = new Set();
