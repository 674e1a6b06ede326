import type { Draft } from "./api";
import type { KeptStrings } from "./platform";

/** A post that the server has not confirmed. */
export interface Unsent {
  /** The key under which it is sent, however often: the server makes one post of it. */
  readonly clientId: string;
  readonly draft: Draft;
  /** When it was written, or last asked for again: milliseconds since the epoch. */
  readonly since: number;
}

/** More than a person writes while offline; what is beyond it lives as long as the page. */
const MOST_KEPT = 50;

/** What one person has published and the server has not confirmed, kept over reloads and crashes; tabs share it. */
export class Outbox {
  readonly #storage: KeptStrings;
  readonly #prefix: string;
  readonly #kept = new Set<string>();

  constructor(storage: KeptStrings, userId: string) {
    this.#storage = storage;
    this.#prefix = `feedline.outbox.${userId}.`;
  }

  /** In order of writing. */
  all(): Unsent[] {
    const found = this.#keys().flatMap((key) => parse(key.slice(this.#prefix.length), this.#storage.get(key)));
    for (const { clientId } of found) this.#kept.add(clientId);
    return found.toSorted((a, b) => a.since - b.since);
  }

  keep({ clientId, draft, since }: Unsent): void {
    if (!this.#kept.has(clientId) && this.#keys().length >= MOST_KEPT) return;
    const value = JSON.stringify({ draft, since });
    this.#storage.set(this.#prefix + clientId, value);
    if (this.#storage.get(this.#prefix + clientId) === value) this.#kept.add(clientId);
  }

  forget(clientId: string): void {
    this.#kept.delete(clientId);
    this.#storage.delete(this.#prefix + clientId);
  }

  /** Whether another tab has taken it out: it is confirmed, or was discarded there. */
  isTakenOut(clientId: string): boolean {
    return this.#kept.has(clientId) && typeof this.#storage.get(this.#prefix + clientId) !== "string";
  }

  #keys(): string[] {
    return [...this.#storage.keys()].filter((key) => key.startsWith(this.#prefix));
  }
}

/** Nothing, if somebody else wrote something else there. */
function parse(clientId: string, value: string | null | undefined): Unsent[] {
  try {
    const { draft, since } = JSON.parse(value ?? "") as Partial<Unsent>;
    return typeof draft === "object" && typeof since === "number" ? [{ clientId, draft, since }] : [];
  } catch {
    return [];
  }
}
