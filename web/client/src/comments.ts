import type { Feedline } from ".";
import { CommentSender } from "./comment-sender";
import { Emitter } from "./emitter";
import { LiveList, type ListSnapshot } from "./live-list";
import { asCreator, partedFrom, type Comment, type Creator, type Cursor, type FeedEvent } from "./protocol";
import { unlessEqual } from "./unless-equal";
import type { UnsentComment } from "./unsent-comments";

/** A comment as it is shown: the same object until something about it changes. */
export interface CommentEntry {
  /** Stays the same from the optimistic comment to the server's one. */
  readonly key: string;
  readonly comment: Comment;
  /** As for posts. */
  readonly delivery: "sent" | "sending" | "queued" | "failed";
  readonly error: unknown;
}

export interface CommentsSnapshot extends Omit<ListSnapshot<Comment>, "items"> {
  /** Newest first; what is not confirmed stands on top. */
  readonly entries: readonly CommentEntry[];
}

interface CommentPage {
  comments: Comment[];
  next: string | null;
  cursor: Cursor;
}

/** The comments of one post, live, and the writing of new ones. */
export class Comments {
  readonly postId: string;
  readonly #client: Feedline;
  readonly #viewer: Creator | null;
  readonly #list: LiveList<Comment>;
  readonly #sender: CommentSender;
  readonly #changes = new Emitter<void>();
  /** Under which key an own comment was first shown, by its id. */
  readonly #keys = new Map<string, string>();
  #entries = new Map<string, CommentEntry>();
  #snapshot: CommentsSnapshot | null = null;

  readonly subscribe = this.#changes.subscribe;

  constructor(client: Feedline, postId: string) {
    const { user } = client.session.state();
    this.postId = postId;
    this.#client = client;
    this.#viewer = user && asCreator(user);
    this.#list = new LiveList(client, {
      channel: user ? `post:${postId}` : null,
      load: (page, limit) => this.#load(page, limit),
      apply: (event) => this.#apply(event),
    });
    this.#sender = new CommentSender(client, postId, {
      arrived: (key, comment) => this.#arrived(key, comment),
      changed: () => this.#changes.emit(),
    });
    this.#list.subscribe(() => this.#changes.emit());
  }

  /** Loads them and keeps them live, and sends what is unsent, until the returned function is called. */
  readonly open = (): (() => void) => {
    const close = this.#list.open();
    const stopSending = this.#sender.open();
    return () => {
      stopSending();
      close();
    };
  };

  readonly reload = (): Promise<void> => this.#list.reload();
  readonly loadMore = (): Promise<void> => this.#list.loadMore();

  /** Shows a comment at once and sends it, once, however long that takes. */
  readonly add = (text: string): void => this.#sender.send(text);
  readonly retry = (key: string): void => this.#sender.retry(key);
  /** Drops a comment that is not sent; returns its text. */
  readonly discard = (key: string): string | null => this.#sender.discard(key);

  /** Takes a comment away at once; it comes back if the server does not do so. */
  readonly delete = async (id: string): Promise<void> => {
    this.#list.remove(id);
    try {
      await this.#client.api.call("DELETE", `/api/comments/${encodeURIComponent(id)}`);
      this.#count(-1);
    } catch (error) {
      await this.reload().catch(() => {});
      throw error;
    }
  };

  /** The same object until something in it has changed. */
  readonly snapshot = (): CommentsSnapshot => {
    const { items, ...rest } = this.#list.snapshot();
    const entries = [...this.#unsent(), ...items.map((comment) => this.#sent(comment))];
    this.#entries = new Map(entries.map((entry) => [entry.key, entry]));
    this.#snapshot = unlessEqual(this.#snapshot, { ...rest, entries });
    return this.#snapshot;
  };

  async #load(page: string | null, limit: number): Promise<{ items: Comment[]; next: string | null; cursor: Cursor }> {
    const query = `?limit=${limit}${page === null ? "" : `&page=${encodeURIComponent(page)}`}`;
    const { comments, next, cursor } = await this.#client.api.call<CommentPage>("GET", this.#path + query);
    return { items: comments, next, cursor };
  }

  get #path(): string {
    return `/api/posts/${encodeURIComponent(this.postId)}/comments`;
  }

  #apply(event: FeedEvent): boolean {
    const gone = partedFrom(event);
    if (gone !== undefined) {
      this.#list.replace(this.#list.items.filter(({ author }) => author.id !== gone));
      return true;
    }
    if (event.type !== "comment_added" && event.type !== "comment_deleted") return false;
    if (event.postId !== this.postId) return false;
    if (event.type === "comment_deleted") this.#list.remove(event.commentId);
    else this.#take(event.comment);
    return true;
  }

  #take(comment: Comment): void {
    // The echo may come before the answer, and does not know the key.
    if (comment.author.id === this.#viewer?.id && !this.#list.items.some(({ id }) => id === comment.id)) {
      const key = this.#sender.confirm(comment.text);
      if (key !== null) this.#keys.set(comment.id, key);
    }
    this.#list.put(comment);
  }

  #arrived(key: string, comment: Comment): void {
    if (this.#list.items.some(({ id }) => id === comment.id)) return;
    this.#keys.set(comment.id, key);
    this.#list.put(comment);
    this.#count(1);
  }

  /** Events tell how many there are; without them it is known only what changed here. */
  #count(by: 1 | -1): void {
    const held = this.#client.store.entry(this.postId)?.post.engagement;
    if (!held || this.#client.connection.state().status === "live") return;
    this.#client.store.engage(this.postId, { commentsCount: held.commentsCount + by });
  }

  #sent(comment: Comment): CommentEntry {
    return this.#entry({ key: this.#keys.get(comment.id) ?? comment.id, comment, delivery: "sent", error: null });
  }

  #unsent(): CommentEntry[] {
    const author = this.#viewer;
    if (!author) return [];
    return this.#sender
      .unsent()
      .toReversed()
      .map(({ comment, delivery, error }) =>
        this.#entry({ key: comment.key, comment: optimistic(comment, this.postId, author), delivery, error }),
      );
  }

  #entry(entry: CommentEntry): CommentEntry {
    const before = this.#entries.get(entry.key);
    const isSame = before && before.delivery === entry.delivery && before.error === entry.error;
    return isSame && before.comment.id === entry.comment.id ? before : entry;
  }
}

function optimistic({ key, text, since }: UnsentComment, postId: string, author: Creator): Comment {
  return { id: key, postId, author, text, createdAt: new Date(since).toISOString() };
}
