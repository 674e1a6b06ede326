import type { LockHandlers, TabChannel } from "../src/platform";
import { FakeClock, FakePlatform, settled } from "./fakes";

declare function structuredClone<T>(value: T): T;

interface Member {
  tab: FakePlatform;
  name: string;
  hear: (message: unknown) => void;
}

interface Candidate {
  tab: FakePlatform;
  handlers: LockHandlers;
}

/** A browser with tabs that share its locks and hear each other; one that is frozen does nothing until it is thawed. */
export class FakeBrowser {
  readonly clock = new FakeClock();
  readonly storage = new Map<string, string>();
  readonly tabs: FakePlatform[] = [];
  #members: Member[] = [];
  /** By name: who has it, and then who waits. */
  readonly #locks = new Map<string, Candidate[]>();
  readonly #frozen = new Map<FakePlatform, (() => void)[]>();
  /** Its timers go on in this fake, but nobody hears of it any more. */
  readonly #closed = new Set<FakePlatform>();
  #deliveries: Promise<void> = Promise.resolve();

  open(): FakePlatform {
    const tab = new FakePlatform(this);
    tab.name = `tab${this.tabs.length}`;
    this.tabs.push(tab);
    return tab;
  }

  /** The tab is gone from one moment to the next: closed, or crashed. */
  close(tab: FakePlatform): void {
    this.#closed.add(tab);
    this.#members = this.#members.filter((member) => member.tab !== tab);
    for (const [name, candidates] of this.#locks) {
      for (const one of candidates.filter((candidate) => candidate.tab === tab)) this.#remove(name, one);
    }
    for (const socket of tab.sockets) socket.dies();
  }

  freeze(tab: FakePlatform): void {
    this.#frozen.set(tab, []);
  }

  thaw(tab: FakePlatform): void {
    const missed = this.#frozen.get(tab) ?? [];
    this.#frozen.delete(tab);
    for (const task of missed) task();
  }

  /** Resolves when everything that was told has been heard, and everything that was said because of it. */
  async quiet(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) {
      await settled();
      await this.#deliveries;
    }
  }

  join(tab: FakePlatform, name: string, hear: (message: unknown) => void): TabChannel {
    const member = { tab, name, hear };
    this.#members.push(member);
    const leave = (): void => {
      this.#members = this.#members.filter((other) => other !== member);
    };
    return { tell: (message) => this.#tell(member, message), leave };
  }

  hold(tab: FakePlatform, name: string, handlers: LockHandlers, steal = false): () => void {
    if (this.#closed.has(tab)) return () => {};
    const candidates = this.#locks.get(name) ?? [];
    this.#locks.set(name, candidates);
    const candidate = { tab, handlers };
    const robbed = steal ? candidates.shift() : undefined;
    if (robbed) this.#later(robbed.tab, () => robbed.handlers.lost?.());
    if (steal) candidates.unshift(candidate);
    else candidates.push(candidate);
    const isHeld = candidates[0] === candidate;
    this.#later(tab, () => {
      if (candidates.includes(candidate)) (isHeld ? handlers.held : handlers.taken)?.();
    });
    return () => this.#remove(name, candidate);
  }

  #remove(name: string, candidate: Candidate): void {
    const candidates = this.#locks.get(name) ?? [];
    const place = candidates.indexOf(candidate);
    if (place < 0) return;
    candidates.splice(place, 1);
    const next = candidates[0];
    if (place === 0 && next) this.#later(next.tab, () => candidates[0] === next && next.handlers.held());
  }

  #tell(from: Member, message: unknown): void {
    if (this.#closed.has(from.tab)) return;
    const copy = structuredClone(message);
    for (const member of this.#members) {
      if (member === from || member.name !== from.name) continue;
      this.#later(member.tab, () => this.#members.includes(member) && member.hear(copy));
    }
  }

  /** In another task, in order; a frozen tab keeps it for later. */
  #later(tab: FakePlatform, task: () => unknown): void {
    this.#deliveries = this.#deliveries.then(() => {
      const missed = this.#frozen.get(tab);
      if (missed) missed.push(() => void task());
      else task();
    });
  }
}
