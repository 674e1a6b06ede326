import type { Feedline, LiveQuery } from ".";
import { Emitter } from "./emitter";
import type { People } from "./people";
import { partedFrom, type Creator } from "./protocol";
import { unlessEqual } from "./unless-equal";

export interface Block {
  readonly user: Creator;
  readonly createdAt: string;
}

export interface BlocksSnapshot {
  readonly phase: "loading" | "ready" | "failed";
  readonly blocks: readonly Block[];
  readonly hasMore: boolean;
  readonly error: unknown;
}

interface Page {
  blocks: Block[];
  next: string | null;
}

/** Whom the viewer has blocked, the newest first. */
export class Blocks {
  readonly #client: Feedline;
  readonly #people: People;
  readonly #live: LiveQuery;
  readonly #changes = new Emitter<void>();
  #blocks: readonly Block[] = [];
  #next: string | null = null;
  #phase: BlocksSnapshot["phase"] = "loading";
  #error: unknown = null;
  #snapshot: BlocksSnapshot | null = null;

  readonly subscribe = this.#changes.subscribe;

  constructor(client: Feedline, people: People) {
    this.#client = client;
    this.#people = people;
    this.#live = client.live(null, () => this.#load());
  }

  /** Loads them, and again when another device blocks somebody, until the returned function is called. */
  readonly open = (): (() => void) => {
    const close = this.#live.open();
    const stopListening = this.#client.delivered.subscribe((deliveries) => {
      if (deliveries.some(({ event }) => partedFrom(event) !== undefined)) this.#live.refresh();
    });
    return () => {
      stopListening();
      close();
    };
  };

  readonly reload = (): Promise<void> => this.#live.reload();

  /** The same object until something in it has changed. */
  readonly snapshot = (): BlocksSnapshot => {
    const [phase, blocks, hasMore, error] = [this.#phase, this.#blocks, this.#next !== null, this.#error];
    this.#snapshot = unlessEqual(this.#snapshot, { phase, blocks, hasMore, error });
    return this.#snapshot;
  };

  readonly loadMore = async (): Promise<void> => {
    if (this.#next === null) return;
    const { blocks, next } = await this.#page(this.#next);
    const known = new Set(this.#blocks.map(({ user }) => user.id));
    this.#next = next;
    this.#set([...this.#blocks, ...blocks.filter(({ user }) => !known.has(user.id))]);
  };

  readonly unblock = async (id: string): Promise<void> => {
    await this.#people.block(id, false);
    this.#set(this.#blocks.filter(({ user }) => user.id !== id));
  };

  #page(page: string | null): Promise<Page> {
    return this.#client.api.call("GET", `/api/me/blocks?limit=50${page === null ? "" : `&page=${encodeURIComponent(page)}`}`);
  }

  async #load(): Promise<string> {
    try {
      const { blocks, next } = await this.#page(null);
      this.#next = next;
      this.#phase = "ready";
      this.#error = null;
      this.#set(blocks);
    } catch (error) {
      this.#error = error;
      if (this.#phase === "loading") this.#phase = "failed";
      this.#changes.emit();
      throw error;
    }
    return "";
  }

  #set(blocks: readonly Block[]): void {
    this.#blocks = blocks;
    this.#changes.emit();
  }
}
