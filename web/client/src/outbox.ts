import type { Draft } from "./api";
import { parsed } from "./parsed";
import type { KeptStrings, Locks, Platform } from "./platform";

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

/**
 * What one person has published and the server has not confirmed, kept over reloads and crashes. Tabs share it: each post
 * is sent by the one that has its lock, which is the one it was written in for as long as that is there.
 */
export class Outbox {
  readonly #storage: KeptStrings;
  readonly #locks: Locks | undefined;
  readonly #prefix: string;
  readonly #kept = new Set<string>();
  /** By client id: gives up the post, or the wait for it. */
  readonly #claims = new Map<string, () => void>();

  constructor({ storage, locks }: Pick<Platform, "storage" | "locks">, userId: string) {
    this.#storage = storage;
    this.#locks = locks;
    this.#prefix = `feedline.outbox.${userId}.`;
  }

  /** Gives what is kept and new to this tab, in order of writing: now, or when no other tab sends it any more. */
  takeUp(take: (unsent: Unsent) => void): void {
    const found = this.#ids().flatMap((clientId) => this.#read(clientId));
    for (const { clientId } of found.toSorted((a, b) => a.since - b.since)) {
      if (this.#claims.has(clientId)) continue;
      this.#claim(clientId, () => {
        const [unsent] = this.#read(clientId);
        if (!unsent) return this.#giveUp(clientId);
        this.#kept.add(clientId);
        take(unsent);
      });
    }
  }

  keep({ clientId, draft, since }: Unsent): void {
    if (!this.#kept.has(clientId) && this.#ids().length >= MOST_KEPT) return;
    if (!this.#claims.has(clientId)) this.#claim(clientId, () => {});
    const value = JSON.stringify({ draft, since });
    this.#storage.set(this.#prefix + clientId, value);
    if (this.#storage.get(this.#prefix + clientId) === value) this.#kept.add(clientId);
  }

  forget(clientId: string): void {
    this.#kept.delete(clientId);
    this.#storage.delete(this.#prefix + clientId);
    this.#giveUp(clientId);
  }

  /** Whether another tab has taken it out, where there are no locks: it is confirmed, or was discarded there. */
  isTakenOut(clientId: string): boolean {
    return this.#kept.has(clientId) && typeof this.#storage.get(this.#prefix + clientId) !== "string";
  }

  /** Leaves everything to other tabs, or to the next page. */
  close(): void {
    for (const giveUp of this.#claims.values()) giveUp();
    this.#claims.clear();
  }

  #giveUp(clientId: string): void {
    this.#claims.get(clientId)?.();
    this.#claims.delete(clientId);
  }

  #claim(clientId: string, held: () => void): void {
    this.#claims.set(clientId, () => {});
    if (!this.#locks) return held();
    this.#claims.set(clientId, this.#locks.hold(this.#prefix + clientId, { held }));
  }

  #ids(): string[] {
    return [...this.#storage.keys()].flatMap((key) => (key.startsWith(this.#prefix) ? key.slice(this.#prefix.length) : []));
  }

  /** Nothing, if somebody else wrote something else there, or took it out. */
  #read(clientId: string): Unsent[] {
    const { draft, since } = parsed<Partial<Unsent>>(this.#storage.get(this.#prefix + clientId) ?? "") ?? {};
    return typeof draft === "object" && typeof since === "number" ? [{ clientId, draft, since }] : [];
  }
}
