import { Emitter } from "./emitter";
import type { Feedline } from "./feedline";
import type { LiveQuery } from "./live-query";
import { ApiProblem } from "./problem";
import type { PostEntry, PostStore } from "./store";
import { together } from "./together";
import { unlessEqual } from "./unless-equal";

export interface SinglePostSnapshot {
  readonly phase: "loading" | "ready" | "missing" | "failed";
  readonly entry: PostEntry | null;
  readonly error: unknown;
}

/** One post on a page of its own, live. */
export class SinglePost {
  readonly #id: string;
  readonly #client: Feedline;
  readonly #store: PostStore;
  readonly #live: LiveQuery;
  readonly #changes = new Emitter<void>();
  #missing = false;
  #error: unknown = null;
  #snapshot: SinglePostSnapshot | null = null;
  #isStale = true;

  readonly subscribe = this.#changes.subscribe;

  /** For whoever is signed in now; to others it is not live. */
  constructor(client: Feedline, id: string) {
    this.#id = id;
    this.#client = client;
    this.#store = client.store;
    const isLive = client.session.state().user !== null;
    this.#live = client.live(isLive ? `post:${id}` : null, () => this.#load());
  }

  /** Loads the post and keeps it live until the returned function is called. */
  readonly open = (): (() => void) => {
    const stopListening = this.#store.subscribe(() => this.#changed());
    const release = this.#store.hold(() => [this.#id]);
    return together(stopListening, release, this.#live.open());
  };

  readonly reload = (): Promise<void> => this.#live.reload();

  /** The same object until something in it has changed. */
  readonly snapshot = (): SinglePostSnapshot => {
    if (this.#snapshot && !this.#isStale) return this.#snapshot;
    this.#isStale = false;
    const entry = this.#missing ? null : this.#store.entry(this.#id);
    this.#snapshot = unlessEqual(this.#snapshot, { phase: this.#phase(entry), entry, error: this.#error });
    return this.#snapshot;
  };

  #phase(entry: PostEntry | null): SinglePostSnapshot["phase"] {
    if (this.#missing || this.#store.isDeleted(this.#id)) return "missing";
    if (entry) return "ready";
    return this.#error === null ? "loading" : "failed";
  }

  async #load(): Promise<string> {
    const since = this.#store.revision;
    try {
      const { post, cursor } = await this.#client.api.post(this.#id);
      this.#missing = false;
      this.#error = null;
      this.#store.put([post], since);
      this.#changed();
      return cursor;
    } catch (error) {
      this.#missing = error instanceof ApiProblem && error.status === 404;
      this.#error = error;
      this.#changed();
      throw error;
    }
  }

  #changed(): void {
    this.#isStale = true;
    this.#changes.emit();
  }
}
