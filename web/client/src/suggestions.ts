import type { Feedline } from ".";
import { Emitter } from "./emitter";
import type { People } from "./people";
import type { Profile, User } from "./protocol";
import { together } from "./together";
import { unlessEqual } from "./unless-equal";

export interface SuggestionsSnapshot {
  readonly phase: "loading" | "ready" | "failed";
  /** Who is followed in the meantime stays where they are, to be seen so. */
  readonly people: readonly Profile[];
  readonly error: unknown;
}

const MOST = 8;

/** People whom the viewer may want to follow. */
export class Suggestions {
  readonly #client: Feedline;
  readonly #people: People;
  readonly #changes = new Emitter<void>();
  #ids: readonly string[] | null = null;
  #error: unknown = null;
  #snapshot: SuggestionsSnapshot | null = null;

  readonly subscribe = (listener: () => void): (() => void) => {
    return together(this.#people.subscribe(listener), this.#changes.subscribe(listener));
  };

  constructor(client: Feedline, people: People) {
    this.#client = client;
    this.#people = people;
  }

  readonly load = async (): Promise<void> => {
    try {
      const { users } = await this.#client.api.call<{ users: User[] }>("GET", `/api/users?limit=${MOST}`);
      for (const user of users) this.#people.put({ ...user, isFollowed: false });
      this.#ids = users.map(({ id }) => id);
      this.#error = null;
    } catch (error) {
      this.#error = error;
    }
    this.#changes.emit();
  };

  /** The same object until something in it has changed. */
  readonly snapshot = (): SuggestionsSnapshot => {
    const phase = this.#ids ? "ready" : this.#error === null ? "loading" : "failed";
    const people = (this.#ids ?? []).flatMap((id) => this.#people.get(id) ?? []);
    this.#snapshot = unlessEqual(this.#snapshot, { phase, people, error: this.#error });
    return this.#snapshot;
  };
}
