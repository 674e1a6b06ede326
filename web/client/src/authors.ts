import type { Api } from "./api";
import { bound } from "./bound";

/** More than post while a list stays as it was loaded. */
const MOST_KNOWN = 1_000;

/** Whether authors are followed, as far as that had to be asked. */
export class Authors {
  readonly #api: Api;
  readonly #known = new Map<string, boolean | Promise<boolean>>();

  constructor(api: Api) {
    this.#api = api;
  }

  isFollowed(id: string): boolean | Promise<boolean> {
    const known = this.#known.get(id) ?? this.#ask(id);
    this.#known.set(id, known);
    bound(this.#known, MOST_KNOWN);
    return known;
  }

  async #ask(id: string): Promise<boolean> {
    try {
      const { isFollowed } = (await this.#api.user(id)).user;
      this.#known.set(id, isFollowed);
      return isFollowed;
    } catch (error) {
      this.#known.delete(id);
      throw error;
    }
  }
}
