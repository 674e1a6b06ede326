import type { ChannelAnswer, Cursor } from "./protocol";

interface Membership {
  readonly channel: string;
  /** The position of the list that this channel continues, until the server has brought us from there to now. */
  from: Cursor | null;
  /** The id of the `subscribe` that is not caught up yet. */
  pending: number | null;
  joined: boolean;
}

/** Which channels are wanted, and how far each one and the stream of them all is. */
export class Channels {
  /** The position of the stream: everything up to it came. */
  cursor: Cursor | null = null;
  readonly #members = new Map<string, Membership>();
  /** What the server was told to leave out and has not confirmed, by the id of the `unsubscribe`. */
  readonly #leaving = new Map<number, string>();
  #carriers: ReadonlySet<string> = new Set();

  /** The channels that are live. */
  get joined(): string[] {
    return this.#where((member) => member.joined);
  }

  /**
   * The channels that may bring an event now: also those on their way in and out. A new set after each change, so that
   * it can be kept as a record of the moment.
   */
  get carriers(): ReadonlySet<string> {
    return this.#carriers;
  }

  get replaying(): boolean {
    return this.#where((member) => member.pending !== null).length > 0;
  }

  has(channel: string): boolean {
    return this.#members.has(channel);
  }

  /** The position from which a channel that is not joined yet has to be served. */
  from(channel: string | null): Cursor | null {
    return this.#members.get(channel ?? "")?.from ?? null;
  }

  want(channel: string, from: Cursor | null): void {
    this.#members.set(channel, { channel, from, pending: null, joined: false });
    this.#refresh();
  }

  /** Also how a refusal ends: the channel is no longer asked for. */
  drop(channel: string): void {
    this.#members.delete(channel);
    this.#refresh();
  }

  clear(): void {
    this.#members.clear();
    this.#leaving.clear();
    this.cursor = null;
    this.#refresh();
  }

  /** What `connect` names: the channels whose position is the stream's own. */
  resumable(): string[] {
    return this.#where((member) => member.joined || member.from === this.cursor);
  }

  /** What needs a `subscribe` of its own on this connection, which gets an id each. */
  ask(newId: () => number): { id: number; channel: string; from: Cursor | null }[] {
    const unasked = [...this.#members.values()].filter(({ joined, pending }) => !joined && pending === null);
    const asked = unasked.map((member) => ({ ...member, id: (member.pending = newId()) }));
    this.#refresh();
    return asked;
  }

  /** A new connection knows nothing of the old one's subscribes; what was joined is resumed by `connect`. */
  forgetPending(): void {
    for (const member of this.#members.values()) member.pending = null;
    this.#leaving.clear();
    this.#refresh();
  }

  /**
   * `connected` answered for these. What another connection joined in the meantime has to be asked for from the
   * position of now; what was left in the meantime is returned.
   */
  answered(answers: readonly ChannelAnswer[]): string[] {
    const named = new Map(answers.map(({ channel, ok }) => [channel, ok]));
    for (const member of this.#members.values()) {
      const ok = named.get(member.channel);
      if (ok === false) this.#members.delete(member.channel);
      if (ok === undefined && member.joined) member.from = this.cursor;
      member.joined = ok === true;
    }
    this.#refresh();
    return answers.map(({ channel }) => channel).filter((channel) => !this.has(channel));
  }

  leaving(channel: string, id: number): void {
    this.#leaving.set(id, channel);
    this.#refresh();
  }

  left(id: number): void {
    this.#leaving.delete(id);
    this.#refresh();
  }

  /** The channel that this `subscribe` was for, while it is not caught up. */
  pendingOf(id: number | undefined): string | null {
    return this.#where((member) => member.pending === id)[0] ?? null;
  }

  caughtUp(id: number): void {
    for (const member of this.#members.values()) {
      if (member.pending !== id) continue;
      member.pending = null;
      member.joined = true;
    }
    this.#refresh();
  }

  #refresh(): void {
    const members = this.#where((member) => member.joined || member.pending !== null);
    this.#carriers = new Set([...members, ...this.#leaving.values()]);
  }

  #where(test: (member: Membership) => boolean): string[] {
    return [...this.#members.values()].filter(test).map((member) => member.channel);
  }
}
