import { bound } from "./bound";
import { Emitter } from "./emitter";
import { Pace } from "./pace";
import type { Clock } from "./platform";
import type { Creator, Engagement, EventPost, Post } from "./protocol";
import { isSame } from "./same-json";

/** Deletions that are remembered: more than can happen while a page or an event is on its way. */
const MOST_TOMBSTONES = 1_000;
/** Posts that nobody lists are dropped when there are this many of them. */
const MOST_UNLISTED = 200;

/** A post as it is shown: the same object until something about it changes. */
export interface PostEntry {
  /** Stays the same from the optimistic post to the server's one, so that the row on the screen stays the same. */
  readonly key: string;
  readonly post: Post;
  /**
   * `sent`: the server has it. The others exist only here so far; `queued`: the server cannot be reached, and will get it
   * when it can; `failed`: the server refused it.
   */
  readonly delivery: "sent" | "sending" | "queued" | "failed";
  /** Why it is queued or failed. */
  readonly error: unknown;
}

export interface StoreChange {
  /** Own posts that turned from optimistic into real with this change. */
  readonly paired: readonly PostEntry[];
  readonly deleted: readonly string[];
}

/** What was told of a post beside its versions. */
interface Told {
  readonly engagement: Partial<Engagement>;
  /** The last of it was a like of the viewer. */
  readonly isOwn: boolean;
  readonly revision: number;
  /** The time of the event; "" for an answer, which has none. */
  readonly at: string;
}

/**
 * All posts that this client knows, each once, whatever brought them: pages, events, and the answers to own writes,
 * in any order and any number of times. Changes count at once; those of a batch are announced together.
 */
export class PostStore {
  readonly #entries = new Map<string, PostEntry>();
  /** Optimistic posts, newest first: the same list until it changes. */
  #outgoing: readonly PostEntry[] = [];
  readonly #deleted = new Set<string>();
  readonly #told = new Map<string, Told>();
  readonly #holders = new Set<() => Iterable<string>>();
  readonly #changes = new Emitter<StoreChange>();
  readonly pace: Pace;
  #revision = 0;
  #sweepAt = MOST_UNLISTED;
  #depth = 0;
  #changed = false;
  #pairedNow: string[] = [];
  #deletedNow: string[] = [];

  readonly subscribe = this.#changes.subscribe;

  constructor(clock: Clock, batchUpdateDelayMs: number) {
    this.pace = new Pace(clock, batchUpdateDelayMs, () => this.#announce());
  }

  /** Grows with each count that is told: says of a page what it cannot know yet. */
  get revision(): number {
    return this.#revision;
  }

  entry(id: string): PostEntry | null {
    return this.#entries.get(id) ?? null;
  }

  isDeleted(id: string): boolean {
    return this.#deleted.has(id);
  }

  /** Optimistic posts, newest first. */
  outgoing(): readonly PostEntry[] {
    return this.#outgoing;
  }

  /** Keeps the posts with these ids until the returned function is called. */
  hold(ids: () => Iterable<string>): () => void {
    this.#holders.add(ids);
    return () => this.#holders.delete(ids);
  }

  /** Many changes, one announcement: now, or as soon as the pace of a batch allows it. */
  transaction(work: () => void, when: "now" | "paced" = "now"): void {
    this.#depth += 1;
    try {
      work();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0) this.#settle(when);
    }
  }

  /** Announces a change of something that is built on the store, together with the store's own. */
  touch(): void {
    this.transaction(() => {
      this.#changed = true;
    });
  }

  /** `since`: the revision at which these posts were asked for; what was told after it is newer than they are. */
  put(posts: readonly EventPost[], since = this.#revision): void {
    this.transaction(() => posts.forEach((post) => this.#putOne(post, since)));
  }

  /** Takes in counts or the viewer's like. `at` is the time of the event that told it; an older event is left out. */
  engage(id: string, engagement: Partial<Engagement>, at = ""): void {
    const last = this.#told.get(id);
    if (last && at !== "" && at < last.at) return;
    this.#revision += 1;
    this.#told.set(id, {
      engagement: { ...last?.engagement, ...engagement },
      isOwn: engagement.isLiked !== undefined,
      revision: this.#revision,
      at: at || (last?.at ?? ""),
    });
    const held = this.#entries.get(id);
    if (held) this.#replace(held, { ...held.post, engagement: { ...held.post.engagement, ...engagement } });
  }

  /** The viewer lost a tier: what only it may see goes at once. */
  lockWhere(isMeant: (post: Post) => boolean): void {
    this.#changeWhere(isMeant, locked);
  }

  /** Deleted is for ever: a page or an event that was on its way does not bring the post back. */
  delete(id: string): void {
    this.#deleted.add(id);
    bound(this.#deleted, MOST_TOMBSTONES);
    this.transaction(() => this.#remove(id));
  }

  /** Takes posts away that the viewer may not see now. */
  removeWhere(isMeant: (post: Post) => boolean): void {
    this.transaction(() => {
      for (const { post } of this.#entries.values()) if (isMeant(post)) this.#remove(post.id);
    });
  }

  updateCreator(creator: Creator): void {
    this.#changeWhere(
      (post) => post.creator.id === creator.id,
      (post) => ({ ...post, creator }),
    );
  }

  /** Shows an own post at once, under the client id that the server will echo. */
  beginSending(clientId: string, post: Post): void {
    this.#setOutgoing([{ key: clientId, post, delivery: "sending", error: null }, ...this.#outgoing]);
  }

  /** How sending goes. */
  setDelivery(clientId: string, delivery: PostEntry["delivery"], error: unknown = null): void {
    this.#setOutgoing(this.#outgoing.map((entry) => (entry.key === clientId ? { ...entry, delivery, error } : entry)));
  }

  discard(clientId: string): void {
    this.#takeOut(clientId);
  }

  /** Forgets everything: the next viewer may not see it. */
  clear(): void {
    this.transaction(() => {
      this.#entries.clear();
      this.#deleted.clear();
      this.#told.clear();
      this.#setOutgoing([]);
    });
  }

  #changeWhere(isMeant: (post: Post) => boolean, change: (post: Post) => Post): void {
    this.transaction(() => {
      for (const entry of this.#entries.values()) if (isMeant(entry.post)) this.#replace(entry, change(entry.post));
    });
  }

  #remove(id: string): void {
    if (!this.#entries.delete(id)) return;
    this.#deletedNow.push(id);
    this.#changed = true;
  }

  #putOne(incoming: EventPost, since: number): void {
    const { id } = incoming;
    const paired = this.#pair(incoming);
    if (this.#deleted.has(id)) return;
    const held = this.#entries.get(id);
    const isOld = held && incoming.updatedAt < held.post.updatedAt;
    const post = isOld ? held.post : this.#merge(incoming, held?.post ?? null, since);
    if (paired) this.#pairedNow.push(id);
    if (held && !paired) this.#replace(held, post);
    else this.#set({ key: paired ?? id, post, delivery: "sent", error: null });
  }

  /** The server's post takes the place of the optimistic one, whichever of answer, event and page brought it. */
  #pair({ clientId }: EventPost): string | null {
    return clientId !== null && this.#takeOut(clientId) ? clientId : null;
  }

  /** An event cannot say whether the viewer likes the post, nor (to other devices) its client id: keep what is held. */
  #merge(incoming: EventPost, held: Post | null, since: number): Post {
    const told = this.#told.get(incoming.id);
    const isLiked = incoming.engagement.isLiked ?? held?.engagement.isLiked ?? false;
    // An event with the version that is held says nothing new: it is a repeat, or older than the page that brought it.
    const isRepeat = incoming.engagement.isLiked === undefined && incoming.updatedAt === held?.updatedAt;
    const counts = isRepeat ? held.engagement : incoming.engagement;
    const isTold = told && told.revision > since;
    // A page that knows of the viewer's like, which comes on their own feed, may well know of later ones of others.
    const { likesCount } = counts;
    const isKnown = told?.isOwn && told.engagement.isLiked === incoming.engagement.isLiked;
    const engagement = { ...counts, isLiked, ...(isTold && { ...told.engagement, ...(isKnown && { likesCount }) }) };
    return { ...incoming, clientId: incoming.clientId ?? held?.clientId ?? null, engagement };
  }

  #replace(held: PostEntry, post: Post): void {
    // Equal ones keep their object, and so their row is not drawn again.
    if (!isSame(held.post, post)) this.transaction(() => this.#set({ ...held, post }));
  }

  #set(entry: PostEntry): void {
    this.#entries.set(entry.post.id, entry);
    this.#changed = true;
  }

  #setOutgoing(entries: readonly PostEntry[]): void {
    this.#outgoing = entries;
    this.touch();
  }

  #takeOut(clientId: string): boolean {
    const others = this.#outgoing.filter(({ key }) => key !== clientId);
    if (others.length === this.#outgoing.length) return false;
    this.#setOutgoing(others);
    return true;
  }

  #settle(when: "now" | "paced"): void {
    if (!this.#changed) return;
    // An own post never waits for a batch.
    if (when === "now" || this.#pairedNow.length > 0) this.pace.rush();
    else this.pace.request();
  }

  #announce(): void {
    const change = { paired: this.#pairedNow.flatMap((id) => this.entry(id) ?? []), deleted: this.#deletedNow };
    this.#changed = false;
    this.#pairedNow = [];
    this.#deletedNow = [];
    this.#changes.emit(change);
    if (Math.max(this.#entries.size, this.#told.size) > this.#sweepAt) this.#sweep();
  }

  /** Drops what nobody lists any more. */
  #sweep(): void {
    const held = new Set([...this.#holders].flatMap((ids) => [...ids()]));
    for (const known of [this.#entries, this.#told]) for (const id of known.keys()) if (!held.has(id)) known.delete(id);
    this.#sweepAt = this.#entries.size + MOST_UNLISTED;
  }
}

/** The form of a post for those who do not have its tier. */
function locked(post: Post): Post {
  const content = { ...post.content, text: "" };
  return { ...post, content, media: { ...post.media, url: null }, access: { ...post.access, isLocked: true } };
}
