import type { KeptStrings } from "./platform";

/** A comment that the server has not confirmed. */
export interface UnsentComment {
  /** The key under which it is sent, however often: the server makes one comment of it. */
  readonly key: string;
  readonly text: string;
  /** When it was written: milliseconds since the epoch. */
  readonly since: number;
}

/** What one person has written under one post, kept over reloads and crashes until the server has it. */
export class UnsentComments {
  readonly #storage: KeptStrings;
  readonly #prefix: string;

  constructor(storage: KeptStrings, userId: string, postId: string) {
    this.#storage = storage;
    this.#prefix = `feedline.comment.${userId}.${postId}.`;
  }

  /** In order of writing. */
  all(): UnsentComment[] {
    const keys = [...this.#storage.keys()].filter((name) => name.startsWith(this.#prefix));
    const found = keys.flatMap((name) => parse(name.slice(this.#prefix.length), this.#storage.get(name)));
    return found.toSorted((a, b) => a.since - b.since);
  }

  keep({ key, text, since }: UnsentComment): void {
    this.#storage.set(this.#prefix + key, JSON.stringify({ text, since }));
  }

  forget(key: string): void {
    this.#storage.delete(this.#prefix + key);
  }
}

/** Nothing, if somebody else wrote something else there. */
function parse(key: string, value: string | null | undefined): UnsentComment[] {
  try {
    const { text, since } = JSON.parse(value ?? "") as Partial<UnsentComment>;
    return typeof text === "string" && typeof since === "number" ? [{ key, text, since }] : [];
  } catch {
    return [];
  }
}
