import type { Api, Draft } from "./api";
import { exponential } from "./backoff";
import type { Platform } from "./platform";
import { isPassing } from "./problem";
import type { Creator, Post } from "./protocol";
import type { PostStore } from "./store";

/** Tries before a person is asked; with the waits between them about fifteen seconds. */
const ATTEMPTS = 5;

/** Publishes posts: on the screen at once, and on the server once, however often it has to be sent. */
export class Publisher {
  readonly #platform: Platform;
  readonly #api: Api;
  readonly #store: PostStore;
  readonly #drafts = new Map<string, Draft>();

  constructor(platform: Platform, api: Api, store: PostStore) {
    this.#platform = platform;
    this.#api = api;
    this.#store = store;
  }

  /** Shows the post and sends it. Returns the client id under which it is known until the server has named it. */
  publish(draft: Draft, author: Creator): string {
    const clientId = this.#platform.newId();
    this.#drafts.set(clientId, draft);
    this.#store.beginSending(clientId, optimisticPost(clientId, draft, author, this.#platform.clock.now()));
    void this.#send(clientId, draft);
    return clientId;
  }

  /** What the person wrote, for a post that could not be sent. */
  draft(clientId: string): Draft | null {
    return this.#drafts.get(clientId) ?? null;
  }

  /** Sends a failed post again, under the same key: if an earlier try did arrive, it is not doubled. */
  retry(clientId: string): void {
    const draft = this.#drafts.get(clientId);
    if (!draft) return;
    this.#store.setDelivery(clientId, "sending");
    void this.#send(clientId, draft);
  }

  /** Sends again what failed only for want of a server. */
  retryUnsent(): void {
    for (const { key, delivery, error } of this.#store.outgoing()) {
      if (delivery === "failed" && isPassing(error)) this.retry(key);
    }
  }

  discard(clientId: string): void {
    this.#drafts.delete(clientId);
    this.#store.discard(clientId);
  }

  clear(): void {
    this.#drafts.clear();
  }

  async #send(clientId: string, draft: Draft): Promise<void> {
    for (let attempt = 0; this.#drafts.get(clientId) === draft; attempt++) {
      try {
        const { post } = await this.#api.publish(draft, clientId);
        return this.#arrived(clientId, post);
      } catch (error) {
        if (!isPassing(error) || attempt + 1 === ATTEMPTS) return this.#store.setDelivery(clientId, "failed", error);
        await this.#pause(attempt);
      }
    }
  }

  #arrived(clientId: string, post: Post): void {
    // Somebody else may be signed in by now.
    if (!this.#drafts.delete(clientId)) return;
    this.#store.put([{ ...post, clientId }]);
  }

  #pause(attempt: number): Promise<void> {
    const ms = exponential(attempt + 1, this.#platform.random());
    return new Promise((resolve) => this.#platform.clock.after(ms, resolve));
  }
}

function optimisticPost(clientId: string, draft: Draft, creator: Creator, now: number): Post {
  const at = new Date(now).toISOString();
  return {
    id: clientId,
    clientId,
    creator,
    content: {
      title: draft.title ?? null,
      text: draft.text ?? "",
      category: draft.category ?? null,
      tags: draft.tags ?? [],
    },
    media: { type: "text", url: null, thumbnail: null, aspectRatio: null },
    access: { tier: null, isLocked: false },
    engagement: { likesCount: 0, commentsCount: 0, isLiked: false },
    createdAt: at,
    updatedAt: at,
  };
}
