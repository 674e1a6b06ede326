import type { Feedline, LiveQuery } from ".";
import { Emitter } from "./emitter";
import type { Creator, FeedEvent } from "./protocol";
import { unlessEqual } from "./unless-equal";

export interface PeopleListSnapshot<T> {
  readonly phase: "loading" | "ready" | "failed";
  readonly people: readonly T[];
  readonly hasMore: boolean;
  readonly error: unknown;
}

/** People as somebody stands to them, loaded page by page, and again when an event may have changed them. */
export class PeopleList<T extends { readonly user: Creator }> {
  protected readonly client: Feedline;
  readonly #path: string;
  readonly #key: string;
  readonly #isChangedBy: (event: FeedEvent) => boolean;
  readonly #live: LiveQuery;
  readonly #changes = new Emitter<void>();
  #people: readonly T[] = [];
  #next: string | null = null;
  #phase: PeopleListSnapshot<T>["phase"] = "loading";
  #error: unknown = null;
  #snapshot: PeopleListSnapshot<T> | null = null;

  readonly subscribe = this.#changes.subscribe;

  /** Lists what is under `key` in the answers of `path`. */
  constructor(client: Feedline, path: string, key: string, isChangedBy: (event: FeedEvent) => boolean) {
    this.client = client;
    this.#path = path;
    this.#key = key;
    this.#isChangedBy = isChangedBy;
    this.#live = client.live(null, () => this.#load());
  }

  /** Loads them, and again when others change them, until the returned function is called. */
  readonly open = (): (() => void) => {
    const close = this.#live.open();
    const stopListening = this.client.delivered.subscribe((deliveries) => {
      if (deliveries.some(({ event }) => this.#isChangedBy(event))) this.#live.refresh();
    });
    return () => {
      stopListening();
      close();
    };
  };

  readonly reload = (): Promise<void> => this.#live.reload();

  /** The same object until something in it has changed. */
  readonly snapshot = (): PeopleListSnapshot<T> => {
    const [phase, people, hasMore, error] = [this.#phase, this.#people, this.#next !== null, this.#error];
    this.#snapshot = unlessEqual(this.#snapshot, { phase, people, hasMore, error });
    return this.#snapshot;
  };

  readonly loadMore = async (): Promise<void> => {
    if (this.#next === null) return;
    const found = await this.#page(this.#next);
    const known = new Set(this.#people.map(({ user }) => user.id));
    this.set((people) => [...people, ...found.filter(({ user }) => !known.has(user.id))]);
  };

  protected set(change: (people: readonly T[]) => readonly T[]): void {
    this.#people = change(this.#people);
    this.#changes.emit();
  }

  protected drop(id: string): void {
    this.set((people) => people.filter(({ user }) => user.id !== id));
  }

  async #page(page: string | null): Promise<T[]> {
    const path = `${this.#path}?limit=50${page === null ? "" : `&page=${encodeURIComponent(page)}`}`;
    const answer = await this.client.api.call<{ readonly next: string | null; readonly [key: string]: unknown }>("GET", path);
    this.#next = answer.next;
    return answer[this.#key] as T[];
  }

  async #load(): Promise<string> {
    try {
      const found = await this.#page(null);
      this.#phase = "ready";
      this.#error = null;
      this.set(() => found);
    } catch (error) {
      this.#error = error;
      if (this.#phase === "loading") this.#phase = "failed";
      this.#changes.emit();
      throw error;
    }
    return "";
  }
}
