import type { Feedline } from ".";
import { exponential } from "./backoff";
import { isPassing } from "./problem";
import type { Comment } from "./protocol";
import { UnsentComments, type UnsentComment } from "./unsent-comments";

export interface Outgoing {
  readonly comment: UnsentComment;
  readonly delivery: "sending" | "queued" | "failed";
  readonly error: unknown;
}

interface SenderHandlers {
  /** The server has it, under this id. */
  arrived(key: string, comment: Comment): void;
  changed(): void;
}

/** Sends the comments that one person writes under one post, in order, each once, however often they have to be sent. */
export class CommentSender {
  readonly #client: Feedline;
  readonly #path: string;
  readonly #handlers: SenderHandlers;
  readonly #kept: UnsentComments | null;
  #outgoing: readonly Outgoing[];
  #isOpen = false;
  #isSending = false;
  #attempt = 0;
  #cancelRetry: () => void = () => {};

  constructor(client: Feedline, postId: string, handlers: SenderHandlers) {
    const { user } = client.session.state();
    this.#client = client;
    this.#path = `/api/posts/${encodeURIComponent(postId)}/comments`;
    this.#handlers = handlers;
    this.#kept = user && new UnsentComments(client.platform.storage, user.id, postId);
    this.#outgoing = (this.#kept?.all() ?? []).map((comment) => ({ comment, delivery: "sending", error: null }));
  }

  /** In order of writing. */
  unsent(): readonly Outgoing[] {
    return this.#outgoing;
  }

  /** Sends what is unsent, now and whenever the server may be back, until the returned function is called. */
  open(): () => void {
    this.#isOpen = true;
    const { connection, platform } = this.#client;
    const stopWaking = platform.onWake(() => this.#sendNow());
    const stopListening = connection.subscribe(({ status }) => {
      if (status === "live" || status === "polling") this.#sendNow();
    });
    this.#sendNow();
    return () => {
      this.#isOpen = false;
      this.#cancelRetry();
      stopListening();
      stopWaking();
    };
  }

  send(text: string): void {
    const comment = { key: this.#client.platform.newId(), text, since: this.#client.clock.now() };
    this.#kept?.keep(comment);
    this.#set([...this.#outgoing, { comment, delivery: "sending", error: null }]);
    this.#sendNow();
  }

  retry(key: string): void {
    this.#mark(key, "sending", null);
    this.#sendNow();
  }

  discard(key: string): string | null {
    const found = this.#find(key);
    this.#forget(key);
    return found?.comment.text ?? null;
  }

  /** The server told of an own comment of this text: the first of ours that could be it is. Returns its key. */
  confirm(text: string): string | null {
    const found = this.#outgoing.find(({ comment, delivery }) => comment.text === text && delivery !== "failed");
    if (found) this.#forget(found.comment.key);
    return found?.comment.key ?? null;
  }

  #sendNow(): void {
    this.#attempt = 0;
    this.#cancelRetry();
    void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    for (let next = this.#next(); next; next = this.#next()) {
      if (!(await this.#send(next.comment))) break;
    }
    this.#isSending = false;
    if (this.#isOpen && this.#next()) this.#retryLater();
  }

  #next(): Outgoing | undefined {
    return this.#outgoing.find(({ delivery }) => delivery !== "failed");
  }

  /** Resolves with whether to go on with the next one. */
  async #send({ key, text }: UnsentComment): Promise<boolean> {
    try {
      const headers = { "Idempotency-Key": key };
      const { comment } = await this.#client.api.call<{ comment: Comment }>("POST", this.#path, { text }, headers);
      this.#attempt = 0;
      this.#forget(key);
      this.#handlers.arrived(key, comment);
      return true;
    } catch (error) {
      if (!isPassing(error)) this.#mark(key, "failed", error);
      else this.#mark(key, "queued", error);
      return !isPassing(error);
    }
  }

  #retryLater(): void {
    const delay = exponential(++this.#attempt, this.#client.platform.random());
    this.#cancelRetry = this.#client.clock.after(delay, () => void this.#sendAll());
  }

  #find(key: string): Outgoing | undefined {
    return this.#outgoing.find(({ comment }) => comment.key === key);
  }

  #mark(key: string, delivery: Outgoing["delivery"], error: unknown): void {
    this.#set(this.#outgoing.map((one) => (one.comment.key === key ? { ...one, delivery, error } : one)));
  }

  #forget(key: string): void {
    this.#kept?.forget(key);
    this.#set(this.#outgoing.filter(({ comment }) => comment.key !== key));
  }

  #set(outgoing: readonly Outgoing[]): void {
    this.#outgoing = outgoing;
    this.#handlers.changed();
  }
}
