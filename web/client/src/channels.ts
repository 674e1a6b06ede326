import type { ChannelAnswer, Cursor } from "./protocol";

interface Membership {
  readonly channel: string;
  /** The position of the list that this channel continues, until the server has brought us from there to now. */
  from: Cursor | null;
  /** The id of the `subscribe` that is not caught up yet. */
  pending: number | null;
  joined: boolean;
}

/** Which channels are wanted, and how far each one is. */
export class Channels {
  readonly #members = new Map<string, Membership>();
  #joined: ReadonlySet<string> = new Set();

  /** The channels that are live. A new set after each change, so that it can be kept as a record of the moment. */
  get joined(): ReadonlySet<string> {
    return this.#joined;
  }

  get replaying(): boolean {
    return [...this.#members.values()].some((member) => member.pending !== null);
  }

  has(channel: string): boolean {
    return this.#members.has(channel);
  }

  /** The position from which a channel that is not joined yet has to be served. */
  from(channel: string): Cursor | null {
    return this.#members.get(channel)?.from ?? null;
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
    this.#refresh();
  }

  /** What `connect` names: the channels whose position is the stream's own. */
  resumable(cursor: Cursor | null): string[] {
    return this.#where((member) => member.joined || member.from === cursor);
  }

  /** What needs a `subscribe` of its own on this connection. */
  unasked(): { channel: string; from: Cursor | null }[] {
    return [...this.#members.values()].filter((member) => !member.joined && member.pending === null);
  }

  /** A new connection knows nothing of the old one's subscribes; what was joined is resumed by `connect`. */
  forgetPending(): void {
    for (const member of this.#members.values()) member.pending = null;
  }

  /** `connected` answered for these. */
  answered(answers: readonly ChannelAnswer[]): void {
    for (const { channel, ok } of answers) {
      const member = this.#members.get(channel);
      if (!member) continue;
      if (ok) member.joined = true;
      else this.#members.delete(channel);
    }
    this.#refresh();
  }

  asked(channel: string, id: number): void {
    const member = this.#members.get(channel);
    if (member) member.pending = id;
  }

  /** The channel that this `subscribe` was for, while it is not caught up. */
  pendingOf(id: number): string | null {
    for (const member of this.#members.values()) if (member.pending === id) return member.channel;
    return null;
  }

  caughtUp(channel: string): void {
    const member = this.#members.get(channel);
    if (!member) return;
    member.pending = null;
    member.joined = true;
    this.#refresh();
  }

  #refresh(): void {
    this.#joined = new Set(this.#where((member) => member.joined));
  }

  #where(test: (member: Membership) => boolean): string[] {
    return [...this.#members.values()].filter(test).map((member) => member.channel);
  }
}
