import type { PostPage } from "./api";
import { Emitter } from "./emitter";
import { LiveQuery, type LiveQueries } from "./live-query";
import { PostList } from "./post-list";
import type { EventPost } from "./protocol";
import type { PostEntry, PostStore, StoreChange } from "./store";

const PAGE_SIZE = 20;
/** The server's own limit. */
const LARGEST_PAGE = 100;
/** Posts that a reload brings back of a longer list; whoever is further down than this starts over from here. */
const LONGEST_RELOAD = 500;

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
  readonly #list = new PostList();
  readonly #changes = new Emitter<void>();
  readonly #stopListening: () => void;
  #arrived = new Set<string>();
  #atTop = true;
  #phase: FeedSnapshot["phase"] = "loading";
  #error: unknown = null;
  #next: string | null = null;
  #loadingMore = false;
  #generation = 0;
  #snapshot: FeedSnapshot | null = null;

  readonly subscribe = this.#changes.subscribe;

  constructor(source: FeedSource, store: PostStore, queries: LiveQueries) {
    this.#source = source;
    this.#store = store;
    this.#live = new LiveQuery(queries, source.channel, () => this.#load());
    this.#stopListening = store.subscribe((change) => this.#storeChanged(change));
  }

  /** Lets go of the store. */
  dispose(): void {
    this.#stopListening();
  }

  /** Loads the feed and keeps it live until the returned function is called. */
  readonly open = (): (() => void) => this.#live.open();

  /** Replaces the list by a fresh one, without a flash. Rejects if that did not work. */
  readonly reload = (): Promise<void> => this.#live.reload();

  readonly snapshot = (): FeedSnapshot => {
    this.#snapshot ??= {
      phase: this.#phase,
      entries: this.#entries(),
      waiting: this.#list.waiting,
      hasMore: this.#next !== null,
      loadingMore: this.#loadingMore,
      error: this.#error,
    };
    return this.#snapshot;
  };

  /** Tells where the reader is: at the top posts of others come in by themselves, elsewhere they wait. */
  setAtTop(atTop: boolean): void {
    this.#atTop = atTop;
  }

  showWaiting(): void {
    this.#list.release();
    this.#changed();
  }

  async loadMore(): Promise<void> {
    const page = this.#next;
    if (page === null || this.#loadingMore) return;
    const generation = this.#generation;
    this.#loadingMore = true;
    this.#changed();
    try {
      const answer = await this.#source.load(page, PAGE_SIZE);
      // A reload in between started the list over; its own next page is another one.
      if (generation === this.#generation) this.#append(answer);
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

  async #load(): Promise<string> {
    this.#arrived = new Set();
    try {
      const page = await this.#fresh();
      this.#replace(page);
      return page.cursor;
    } catch (error) {
      this.#error = error;
      if (this.#phase === "loading") this.#phase = "failed";
      this.#changed();
      throw error;
    }
  }

  /** The list anew, as long as it was, at the position of its first page: what comes after that comes live. */
  async #fresh(): Promise<PostPage> {
    const wanted = Math.min(LONGEST_RELOAD, this.#list.size);
    const { posts, cursor, ...first } = await this.#source.load(null, pageOf(Math.max(PAGE_SIZE, wanted)));
    let { next } = first;
    while (next !== null && posts.length < wanted) {
      const more = await this.#source.load(next, pageOf(wanted - posts.length));
      posts.push(...more.posts);
      next = more.next;
    }
    return { posts, next, cursor };
  }

  #replace(page: PostPage): void {
    this.#generation += 1;
    this.#next = page.next;
    this.#phase = "ready";
    this.#error = null;
    this.#store.transaction(() => {
      this.#store.put(page.posts);
      this.#list.replace(this.#undeleted(page), this.#arrived, !this.#atTop);
    });
    this.#changed();
  }

  #append(page: PostPage): void {
    this.#next = page.next;
    this.#store.transaction(() => {
      this.#store.put(page.posts);
      this.#list.append(this.#undeleted(page));
    });
  }

  #undeleted(page: PostPage): string[] {
    return page.posts.map((post) => post.id).filter((id) => !this.#store.isDeleted(id));
  }

  #insert({ id, creator }: EventPost): boolean {
    if (this.#store.isDeleted(id)) return false;
    const own = creator.id === this.#source.viewerId;
    const wait = !own && this.#phase === "ready" && (!this.#atTop || this.#list.waiting > 0);
    this.#arrived.add(id);
    return this.#list.insert(id, wait);
  }

  #storeChanged({ paired, deleted }: StoreChange): void {
    for (const id of paired) {
      const entry = this.#store.entry(id);
      if (entry && this.#source.belongs(entry.post, NO_CHANNELS) === "yes") this.#insert(entry.post);
    }
    for (const id of deleted) this.#list.remove(id);
    this.#changed();
  }

  #entries(): readonly PostEntry[] {
    const outgoing = this.#store.outgoing().filter(({ post }) => this.#source.belongs(post, NO_CHANNELS) === "yes");
    const sent = this.#list.shown().flatMap((id) => this.#store.entry(id) ?? []);
    return [...outgoing, ...sent];
  }

  #changed(): void {
    this.#snapshot = null;
    this.#changes.emit();
  }
}

function pageOf(posts: number): number {
  return Math.min(LARGEST_PAGE, posts);
}

const NO_CHANNELS: ReadonlySet<string> = new Set();
