import type { Feed } from "./feed";
import type { Feedline, FeedName } from "./feedline";
import { Emitter } from "./emitter";
import { Pace } from "./pace";
import type { Post } from "./protocol";
import type { PostEntry } from "./store";
import { isNewer, type Placed } from "./timeline";
import { unlessEqual } from "./unless-equal";

export interface LivePostsOptions {
  /** Which live posts are new to the list. */
  feed: FeedName;
  /** Own posts go straight in; else they wait like those of others. */
  autoUpdateFeed: boolean;
  /** Posts of others wait until they are asked for; else they go straight in. */
  showNewPostsNotification: boolean;
  /** How many of those that wait are held. */
  maxPendingPosts: number;
  /** Milliseconds in which changes are gathered, after the first of a quiet time. */
  batchUpdateDelay: number;
}

export interface LivePostsSnapshot {
  /** What came live, newest first, and then the list as it was given, in its own order: every post as it is now. */
  readonly posts: readonly Post[];
  readonly newPostsCount: number;
  readonly hasNewPosts: boolean;
  /** The newest of those that wait, at most `maxPendingPosts`. */
  readonly pendingPosts: readonly Post[];
}

/** Clocks differ by less than this; what is newer than an empty list is what came since then. */
const CLOCKS_DIFFER_MS = 60_000;

const EMPTY: LivePostsSnapshot = { posts: [], newPostsCount: 0, hasNewPosts: false, pendingPosts: [] };

/** Keeps a list live that somebody else loads and owns. */
export class LivePosts {
  readonly #client: Feedline;
  readonly #options: LivePostsOptions;
  readonly #changes = new Emitter<void>();
  readonly #updates = new Emitter<readonly Post[]>();
  readonly #pace: Pace;
  #given: readonly Post[] = [];
  #feed: Feed | null = null;
  #outgoing: readonly PostEntry[] = [];
  #snapshot = EMPTY;
  #isStale = false;

  readonly subscribe = this.#changes.subscribe;
  /** Hears of the posts when something live has changed them. */
  readonly onUpdate = this.#updates.subscribe;

  constructor(client: Feedline, options: LivePostsOptions) {
    this.#client = client;
    this.#options = options;
    this.#pace = new Pace(client.clock, options.batchUpdateDelay, () => this.#update());
  }

  /** Takes over the list as its owner has it now. What is newer than all of the first one is new. */
  give(posts: readonly Post[]): void {
    this.#given = posts;
    this.#feed ??= this.#feedBeside(posts);
    this.#offer();
    this.#feed.leaveOut(new Set(posts.map(({ id }) => id)));
    this.#changed();
  }

  /** Keeps the list live, once it was given, until the returned function is called. */
  readonly open = (): (() => void) => {
    const feed = this.#feed;
    if (!feed) return () => {};
    const release = this.#client.store.hold(() => this.#given.map(({ id }) => id));
    this.#offer();
    const stopFollowing = feed.subscribe(() => this.#feedChanged());
    const close = feed.open();
    return () => {
      close();
      stopFollowing();
      release();
    };
  };

  /** Shows what waits. */
  readonly loadPendingPosts = async (): Promise<void> => {
    await this.#feed?.showWaiting();
  };

  /** The same object until something in it has changed. */
  readonly snapshot = (): LivePostsSnapshot => {
    if (!this.#feed || !this.#isStale) return this.#snapshot;
    this.#isStale = false;
    const { entries, pending, waiting } = this.#feed.snapshot();
    const given = this.#given.flatMap(({ id }) => this.#client.store.entry(id)?.post ?? []);
    this.#snapshot = unlessEqual(this.#snapshot, {
      posts: [...entries.map(({ post }) => post), ...given],
      newPostsCount: waiting,
      hasNewPosts: waiting > 0,
      pendingPosts: pending.map(({ post }) => post),
    });
    return this.#snapshot;
  };

  #feedBeside(first: readonly Post[]): Feed {
    const { feed, maxPendingPosts, autoUpdateFeed, showNewPostsNotification } = this.#options;
    const above = first.reduce<Placed>((newest, post) => (isNewer(post, newest) ? post : newest), {
      id: "",
      createdAt: first.length > 0 ? "" : new Date(this.#client.clock.now() - CLOCKS_DIFFER_MS).toISOString(),
    });
    const beside = this.#client.feedBeside(feed, { maxPendingPosts, autoUpdateFeed, above });
    beside.setAtTop(!showNewPostsNotification);
    return beside;
  }

  /** Puts into the store what is news there; an own post that is not sent yet is there already. */
  #offer(): void {
    const { store } = this.#client;
    const isNews = (post: Post) => (store.entry(post.id)?.post.updatedAt ?? "") < post.updatedAt;
    store.put(
      this.#given.filter((post) => post.id !== post.clientId && isNews(post)),
      0,
    );
  }

  #feedChanged(): void {
    const outgoing = this.#client.store.outgoing();
    // An own post never waits for a batch.
    if (outgoing !== this.#outgoing) this.#pace.rush();
    else this.#pace.request();
    this.#outgoing = outgoing;
  }

  #update(): void {
    const before = this.#snapshot.posts;
    this.#changed();
    const { posts } = this.snapshot();
    if (posts !== before) this.#updates.emit(posts);
  }

  #changed(): void {
    this.#isStale = true;
    this.#changes.emit();
  }
}
