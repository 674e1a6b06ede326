import { Emitter } from "./emitter";
import type { Creator, EventPost, Post } from "./protocol";

/** A post as it is shown: the same object until something about it changes. */
export interface PostEntry {
  /** Stays the same from the optimistic post to the server's one, so that the row on the screen stays the same. */
  readonly key: string;
  readonly post: Post;
  /** `sent`: the server has it. The others exist only here so far. */
  readonly delivery: "sent" | "sending" | "failed";
  /** Why sending failed. */
  readonly error: unknown;
}

export interface StoreChange {
  /** Own posts that turned from optimistic into real with this change, by id. */
  readonly paired: readonly string[];
  readonly deleted: readonly string[];
}

/**
 * All posts that this client knows, each once, whatever brought them: pages, events, and the answers to own writes,
 * in any order and any number of times.
 */
export class PostStore {
  readonly #entries = new Map<string, PostEntry>();
  /** By client id, in order of writing. */
  readonly #outgoing = new Map<string, PostEntry>();
  readonly #deleted = new Set<string>();
  readonly #changes = new Emitter<StoreChange>();
  #depth = 0;
  #changed = false;
  #pairedNow: string[] = [];
  #deletedNow: string[] = [];

  readonly subscribe = this.#changes.subscribe;

  entry(id: string): PostEntry | null {
    return this.#entries.get(id) ?? null;
  }

  isDeleted(id: string): boolean {
    return this.#deleted.has(id);
  }

  /** Optimistic posts, newest first. */
  outgoing(): PostEntry[] {
    return [...this.#outgoing.values()].toReversed();
  }

  /** Many changes, one announcement. */
  transaction(work: () => void): void {
    this.#depth += 1;
    try {
      work();
    } finally {
      this.#depth -= 1;
      if (this.#depth === 0 && this.#changed) this.#announce();
    }
  }

  /** Announces a change of something that is built on the store, together with the store's own. */
  touch(): void {
    this.transaction(() => {
      this.#changed = true;
    });
  }

  put(posts: readonly EventPost[]): void {
    this.transaction(() => posts.forEach((post) => this.#putOne(post)));
  }

  /** Deleted is for ever: a page or an event that was on its way does not bring the post back. */
  delete(id: string): void {
    this.#deleted.add(id);
    if (!this.#entries.delete(id)) return;
    this.transaction(() => {
      this.#deletedNow.push(id);
      this.#changed = true;
    });
  }

  updateCreator(creator: Creator): void {
    this.transaction(() => {
      for (const [id, entry] of this.#entries) {
        if (entry.post.creator.id === creator.id) this.#replace(id, entry, { ...entry.post, creator });
      }
    });
  }

  /** Shows an own post at once, under the client id that the server will echo. */
  beginSending(clientId: string, post: Post): void {
    this.#setOutgoing({ key: clientId, post, delivery: "sending", error: null });
  }

  failSending(clientId: string, error: unknown): void {
    const entry = this.#outgoing.get(clientId);
    if (entry) this.#setOutgoing({ ...entry, delivery: "failed", error });
  }

  resumeSending(clientId: string): void {
    const entry = this.#outgoing.get(clientId);
    if (entry) this.#setOutgoing({ ...entry, delivery: "sending", error: null });
  }

  discard(clientId: string): void {
    this.transaction(() => {
      if (this.#outgoing.delete(clientId)) this.#changed = true;
    });
  }

  /** Forgets everything: the next viewer may not see it. */
  clear(): void {
    this.transaction(() => {
      this.#entries.clear();
      this.#outgoing.clear();
      this.#deleted.clear();
      this.#changed = true;
    });
  }

  #putOne(incoming: EventPost): void {
    const { id } = incoming;
    this.#pair(incoming);
    if (this.#deleted.has(id)) return;
    const held = this.#entries.get(id);
    if (!held) {
      this.#set(id, sent(incoming));
    } else if (incoming.updatedAt >= held.post.updatedAt) {
      this.#replace(id, held, withViewer(incoming, held.post));
    }
  }

  /** The server's post takes the place of the optimistic one, whichever of answer, event and page brought it. */
  #pair(incoming: EventPost): void {
    const { id, clientId } = incoming;
    if (clientId === null || !this.#outgoing.delete(clientId)) return;
    this.#changed = true;
    if (this.#deleted.has(id)) return;
    this.#pairedNow.push(id);
    this.#set(id, { ...(this.#entries.get(id) ?? sent(incoming)), key: clientId });
  }

  #replace(id: string, held: PostEntry, post: Post): void {
    if (!sameValue(held.post, post)) this.#set(id, { ...held, post });
  }

  #set(id: string, entry: PostEntry): void {
    this.#entries.set(id, entry);
    this.#changed = true;
  }

  #setOutgoing(entry: PostEntry): void {
    this.transaction(() => {
      this.#outgoing.set(entry.key, entry);
      this.#changed = true;
    });
  }

  #announce(): void {
    const change = { paired: this.#pairedNow, deleted: this.#deletedNow };
    this.#changed = false;
    this.#pairedNow = [];
    this.#deletedNow = [];
    this.#changes.emit(change);
  }
}

function sent(post: EventPost): PostEntry {
  return { key: post.id, post: withViewer(post, null), delivery: "sent", error: null };
}

/** An event cannot say whether the viewer likes the post, nor (to other devices) its client id: keep what is held. */
function withViewer(incoming: EventPost, held: Post | null): Post {
  const isLiked = incoming.engagement.isLiked ?? held?.engagement.isLiked ?? false;
  const clientId = incoming.clientId ?? held?.clientId ?? null;
  return { ...incoming, clientId, engagement: { ...incoming.engagement, isLiked } };
}

/** Posts are plain JSON of a fixed shape; equal ones keep their object, and so their row is not drawn again. */
function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const left = Object.entries(a);
  const right = b as Record<string, unknown>;
  return left.length === Object.keys(b).length && left.every(([name, value]) => sameValue(value, right[name]));
}
