import type { Feedline, LiveQuery } from ".";
import { Emitter } from "./emitter";
import type { Creator, Tier } from "./protocol";
import { unlessEqual } from "./unless-equal";

export interface Subscriber {
  readonly user: Creator;
  readonly tier: Tier;
}

export interface SubscribersSnapshot {
  readonly phase: "loading" | "ready" | "failed";
  readonly subscribers: readonly Subscriber[];
  readonly hasMore: boolean;
  readonly error: unknown;
}

/** Who holds a tier of a creator, and what the creator does about it. */
export class Subscribers {
  readonly #client: Feedline;
  readonly #creatorId: string;
  readonly #live: LiveQuery;
  readonly #changes = new Emitter<void>();
  #subscribers: readonly Subscriber[] = [];
  #next: string | null = null;
  #phase: SubscribersSnapshot["phase"] = "loading";
  #error: unknown = null;
  #snapshot: SubscribersSnapshot | null = null;

  readonly subscribe = this.#changes.subscribe;

  constructor(client: Feedline, creatorId: string) {
    this.#client = client;
    this.#creatorId = creatorId;
    this.#live = client.live(null, () => this.#load());
  }

  /** Loads them, and again when somebody subscribes, until the returned function is called. */
  readonly open = (): (() => void) => {
    const close = this.#live.open();
    const stopListening = this.#client.delivered.subscribe((deliveries) => {
      if (deliveries.some(({ event }) => event.type === "new_subscription")) this.#live.refresh();
    });
    return () => {
      stopListening();
      close();
    };
  };

  readonly reload = (): Promise<void> => this.#live.reload();

  /** The same object until something in it has changed. */
  readonly snapshot = (): SubscribersSnapshot => {
    this.#snapshot = unlessEqual(this.#snapshot, {
      phase: this.#phase,
      subscribers: this.#subscribers,
      hasMore: this.#next !== null,
      error: this.#error,
    });
    return this.#snapshot;
  };

  readonly loadMore = async (): Promise<void> => {
    if (this.#next === null) return;
    const { subscribers, next } = await this.#page(this.#next);
    const known = new Set(this.#subscribers.map(({ user }) => user.id));
    this.#next = next;
    this.#set([...this.#subscribers, ...subscribers.filter(({ user }) => !known.has(user.id))]);
  };

  /** Gives a person a tier, in place of the one they have. Rejects with `ApiProblem` 404 if there is nobody of this name. */
  readonly grant = async (idOrUsername: string, tier: Tier): Promise<void> => {
    const { user } = await this.#client.api.user(idOrUsername);
    const { id, username, name, avatar, isVerified } = user;
    await this.#client.api.call("PUT", this.#path(id), { tier });
    const isHere = this.#subscribers.some((one) => one.user.id === id);
    const granted = { user: { id, username, name, avatar, isVerified }, tier };
    this.#set(
      isHere ? this.#subscribers.map((one) => (one.user.id === id ? granted : one)) : [granted, ...this.#subscribers],
    );
  };

  readonly end = async (id: string): Promise<void> => {
    await this.#client.api.call("DELETE", this.#path(id));
    this.#set(this.#subscribers.filter(({ user }) => user.id !== id));
  };

  #path(subscriberId = ""): string {
    const path = `/api/users/${encodeURIComponent(this.#creatorId)}/subscribers`;
    return subscriberId === "" ? path : `${path}/${encodeURIComponent(subscriberId)}`;
  }

  #page(page: string | null): Promise<{ subscribers: Subscriber[]; next: string | null }> {
    return this.#client.api.call("GET", `${this.#path()}?limit=50${page === null ? "" : `&page=${encodeURIComponent(page)}`}`);
  }

  async #load(): Promise<string> {
    try {
      const { subscribers, next } = await this.#page(null);
      this.#next = next;
      this.#phase = "ready";
      this.#error = null;
      this.#set(subscribers);
    } catch (error) {
      this.#error = error;
      if (this.#phase === "loading") this.#phase = "failed";
      this.#changes.emit();
      throw error;
    }
    return "";
  }

  #set(subscribers: readonly Subscriber[]): void {
    this.#subscribers = subscribers;
    this.#changes.emit();
  }
}
