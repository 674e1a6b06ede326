import type { Api, Draft } from "./api";
import { exponential } from "./backoff";
import { Emitter } from "./emitter";
import { withDeferred } from "./load-deferred";
import type { Outbox, Unsent } from "./outbox";
import type { Platform } from "./platform";
import { isPassing, pauseAfter, Unreachable } from "./problem";
import type { Creator, Post } from "./protocol";
import { isSame } from "./same-json";
import type { PostStore, StoreChange } from "./store";

/** The same draft again this soon is the second click of a double one. */
const DOUBLE_CLICK_MS = 500;
/** Failures before a post is said to wait for the server; one alone is often over at once. */
const PATIENCE = 2;
/** The server knows a key for at least a day. After that, only the author can know whether to send it again. */
const KEY_LIFE_MS = 23 * 3_600_000;

/** Publishes posts: on the screen at once, and on the server once, in order, however often they have to be sent. */
export class Publisher {
  /** Hears of each post that the server has, by its answer or by what came before it. */
  readonly published = new Emitter<Post>();
  readonly #platform: Platform;
  readonly #api: Api;
  readonly #store: PostStore;
  /** By client id, in order of writing. A new map for each author. */
  #unsent = new Map<string, Unsent>();
  #outbox: Outbox | null = null;
  #sending: ReadonlyMap<string, Unsent> | null = null;
  #attempt = 0;
  #goOn: () => void = () => {};
  #author: Creator | null = null;
  #stopWaking: () => void = () => {};

  constructor(platform: Platform, api: Api, store: PostStore) {
    this.#platform = platform;
    this.#api = api;
    this.#store = store;
    store.subscribe((change) => this.#storeChanged(change));
  }

  /** Begins to send what this author writes, and what they had not sent when the last page ended. */
  open(author: Creator): void {
    this.#author = author;
    this.#stopWaking = this.#platform.onWake(() => this.sendNow());
    this.#takeUp();
  }

  /** Stops for now; what is unsent stays in the author's outbox. */
  close(): void {
    this.#stopWaking();
    this.#outbox?.close();
    this.#outbox = null;
    this.#author = null;
    this.#unsent = new Map();
    this.#goOn();
  }

  /** Shows the post and sends it. Returns the client id under which it is known until the server has named it. */
  publish(draft: Draft, author: Creator): string {
    const since = this.#platform.clock.now();
    const last = [...this.#unsent.values()].at(-1);
    if (last && since - last.since < DOUBLE_CLICK_MS && isSame(last.draft, draft)) return last.clientId;
    const unsent = { clientId: this.#platform.newId(), draft, since };
    this.#outbox?.keep(unsent);
    this.#begin(unsent, author);
    this.#goOn();
    return unsent.clientId;
  }

  /** What the person wrote, for a post that is not sent. */
  draft(clientId: string): Draft | null {
    return this.#unsent.get(clientId)?.draft ?? null;
  }

  /** Sends a post again, under the same key: if an earlier try did arrive, it is not doubled. */
  retry(clientId: string): void {
    const unsent = this.#unsent.get(clientId);
    if (!unsent) return;
    const again = { ...unsent, since: this.#platform.clock.now() };
    this.#unsent.set(clientId, again);
    this.#outbox?.keep(again);
    this.#store.setDelivery(clientId, "sending");
    this.sendNow();
  }

  /** Goes on without waiting: the server may be back, or another tab gone that had something to send. */
  sendNow(): void {
    this.#takeUp();
    this.#attempt = 0;
    this.#goOn();
    void this.#sendAll();
  }

  discard(clientId: string): void {
    this.#letGo(clientId);
    this.#store.discard(clientId);
  }

  #takeUp(): void {
    const author = this.#author;
    withDeferred(({ Outbox }) => {
      if (!author || author !== this.#author) return;
      if (!this.#outbox) {
        this.#outbox = new Outbox(this.#platform, author.id);
        // What was written before it was here.
        for (const unsent of this.#unsent.values()) this.#outbox.keep(unsent);
      }
      this.#outbox.takeUp((unsent) => this.#begin(unsent, author));
    });
  }

  #begin(unsent: Unsent, author: Creator): void {
    this.#unsent.set(unsent.clientId, unsent);
    this.#store.beginSending(unsent.clientId, optimisticPost(unsent, author));
    void this.#sendAll();
  }

  /** One at a time, so that posts arrive in the order of writing; all again after a pause, until none is left. */
  async #sendAll(): Promise<void> {
    const unsent = this.#unsent;
    if (this.#sending === unsent) return;
    this.#sending = unsent;
    while (this.#waiting(unsent).length > 0) {
      const error = await this.#round(unsent);
      if (error === null) this.#attempt = 0;
      else await this.#pause(unsent, error);
    }
    if (this.#sending === unsent) this.#sending = null;
  }

  /** Those that need no decision by the author; none when somebody else has taken the author's place. */
  #waiting(unsent: ReadonlyMap<string, Unsent>): Unsent[] {
    return [...unsent.values()].filter(({ clientId }) => this.#isWaiting(clientId));
  }

  #isWaiting(clientId: string): boolean {
    if (!this.#unsent.has(clientId)) return false;
    return this.#store.outgoing().some(({ key, delivery }) => key === clientId && delivery !== "failed");
  }

  /** Resolves with why some have to be sent again, or null. */
  async #round(unsent: ReadonlyMap<string, Unsent>): Promise<unknown> {
    let reason: unknown = null;
    // What is published meanwhile is part of it.
    for (const post of unsent.values()) {
      if (this.#isWaiting(post.clientId)) reason = (await this.#send(post)) ?? reason;
      // One that the server fails on does not hold up the others; one that does not reach it would.
      if (reason instanceof Unreachable) break;
    }
    return reason;
  }

  /** Resolves with why it may still work out, or null when it is decided what becomes of the post. */
  async #send({ clientId, draft, since }: Unsent): Promise<unknown> {
    if (this.#outbox?.isTakenOut(clientId)) this.discard(clientId);
    else if (this.#platform.clock.now() - since > KEY_LIFE_MS) this.#fail(clientId, new Unreachable("too long ago"));
    else {
      try {
        const { post } = await this.#api.publish(draft, clientId);
        this.#arrived(clientId, post);
      } catch (error) {
        if (isPassing(error)) return error;
        this.#fail(clientId, error);
      }
    }
    return null;
  }

  #fail(clientId: string, error: unknown): void {
    this.#store.setDelivery(clientId, "failed", error);
  }

  #arrived(clientId: string, post: Post): void {
    // Somebody else may be signed in by now.
    if (!this.#unsent.has(clientId)) return;
    this.#letGo(clientId);
    this.#store.put([{ ...post, clientId }]);
    this.published.emit(post);
  }

  /** The echo, or a list, may bring the post before the answer does, or instead of it. */
  #storeChanged({ paired }: StoreChange): void {
    for (const { key, post } of paired) if (this.#letGo(key)) this.published.emit(post);
  }

  /** Returns false if it had been let go already. */
  #letGo(clientId: string): boolean {
    if (!this.#unsent.delete(clientId)) return false;
    this.#outbox?.forget(clientId);
    return true;
  }

  #pause(unsent: ReadonlyMap<string, Unsent>, reason: unknown): Promise<void> {
    this.#attempt += 1;
    if (this.#attempt >= PATIENCE) {
      for (const { clientId } of this.#waiting(unsent)) this.#store.setDelivery(clientId, "queued", reason);
    }
    return new Promise((resolve) => {
      const cancel = this.#platform.clock.after(pauseAfter(reason) + exponential(this.#attempt, this.#platform.random()), resolve);
      this.#goOn = () => {
        cancel();
        resolve();
      };
    });
  }
}

const NO_FILE: Post["media"] = { type: "text", url: null, thumbnail: null, aspectRatio: null };

function optimisticPost({ clientId, draft, since }: Unsent, creator: Creator): Post {
  const { title = null, text = "", category = null, tags = [], tier = null, media = NO_FILE } = draft;
  const at = new Date(since).toISOString();
  return {
    id: clientId,
    clientId,
    creator,
    content: { title, text, category, tags },
    media,
    access: { tier, isLocked: false },
    engagement: { likesCount: 0, commentsCount: 0, isLiked: false },
    createdAt: at,
    updatedAt: at,
  };
}
