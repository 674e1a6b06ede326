import type { Feedline, LiveQuery } from ".";
import { Emitter } from "./emitter";
import { ApiProblem } from "./problem";
import { partedFrom, type FeedEvent, type Profile, type User } from "./protocol";
import { together } from "./together";
import { unlessEqual } from "./unless-equal";

export interface PersonSnapshot {
  readonly phase: "loading" | "ready" | "missing" | "failed";
  readonly person: Profile | null;
  readonly error: unknown;
}

interface Followed {
  userId: string;
  isFollowed: boolean;
  notifyPosts: boolean;
  followersCount: number;
}

/** People that are remembered, for the way back to their page. */
const MOST_PEOPLE = 200;

/** People as the viewer sees them: whom they follow, and what tier they hold. One for the whole page. */
export class People {
  readonly #client: Feedline;
  readonly #changes = new Emitter<void>();
  /** By id, those last looked at at the end. */
  readonly #known = new Map<string, Profile>();
  #viewerId: string | undefined;

  readonly subscribe = this.#changes.subscribe;

  constructor(client: Feedline) {
    this.#client = client;
    this.#viewerId = client.session.state().user?.id;
    client.session.subscribe(({ user }) => this.#viewerChanged(user?.id));
    client.delivered.subscribe((deliveries) => deliveries.forEach(({ event }) => this.#apply(event)));
  }

  /** The page of one person, by id or username. */
  person(idOrUsername: string): Person {
    return new Person(this.#client, this, idOrUsername);
  }

  get(idOrUsername: string): Profile | null {
    const name = idOrUsername.toLowerCase();
    return this.#known.get(idOrUsername) ?? [...this.#known.values()].find(({ username }) => username.toLowerCase() === name) ?? null;
  }

  async load(idOrUsername: string): Promise<Profile> {
    const { user } = await this.#client.api.user(idOrUsername);
    return this.put(user);
  }

  /** What a list says of people leaves out how they stand to the viewer. */
  put(user: Partial<Profile> & User): Profile {
    const held = this.#known.get(user.id) ?? null;
    const now = unlessEqual<Profile>(held, { isFollowed: false, tier: null, ...held, ...user });
    this.#known.delete(user.id);
    this.#known.set(user.id, now);
    for (const id of this.#known.keys()) {
      if (this.#known.size <= MOST_PEOPLE) break;
      this.#known.delete(id);
    }
    this.#changes.emit();
    return now;
  }

  forget(id: string): void {
    this.#known.delete(id);
    this.#changes.emit();
  }

  /** Follows a person, or no more: on the screen at once, and undone there if the server does not take it. */
  async follow(id: string, isFollowed: boolean, notifyPosts?: boolean): Promise<void> {
    const before = this.#known.get(id);
    const notice = notifyPosts === undefined ? undefined : { notifyPosts };
    if (before) this.put({ ...before, ...followedBy(before, isFollowed), ...notice });
    try {
      const path = `/api/users/${encodeURIComponent(id)}/follow`;
      const answer = await this.#client.api.call<Followed>(isFollowed ? "PUT" : "DELETE", path, isFollowed ? notice : undefined);
      const held = this.#known.get(id);
      const { notifyPosts: isNotified, followersCount } = answer;
      if (held) this.put({ ...held, isFollowed: answer.isFollowed, notifyPosts: isNotified, followersCount });
    } catch (error) {
      if (before) this.put(before);
      throw error;
    }
    // Live, an event makes the feeds load again.
    if (this.#client.connection.state().status !== "live") this.#client.refresh().catch(() => {});
  }

  /** Blocks a person, or no more: from then on neither is there for the other, or both are again. */
  async block(id: string, isBlocked: boolean): Promise<void> {
    await this.#client.api.call(isBlocked ? "PUT" : "DELETE", `/api/users/${encodeURIComponent(id)}/block`);
    if (isBlocked) this.#client.store.removeWhere(({ creator }) => creator.id === id);
    const held = this.#known.get(id);
    if (held) this.put({ ...held, isBlocked, isFollowed: false });
    if (this.#client.connection.state().status !== "live") this.#client.refresh().catch(() => {});
  }

  /** How people stand to somebody is nobody else's business. */
  #viewerChanged(viewerId: string | undefined): void {
    if (viewerId === this.#viewerId) return;
    this.#viewerId = viewerId;
    this.#known.clear();
    this.#changes.emit();
  }

  #apply(event: FeedEvent): void {
    if (event.type === "creator_updated") {
      const held = this.#known.get(event.creator.id);
      if (held) this.put({ ...held, ...event.creator });
      return;
    }
    const changed = event.type === "feed_update" ? event.creatorId : partedFrom(event);
    const held = changed === undefined ? undefined : this.#known.get(changed);
    // Another device has followed, or they have blocked the viewer; what is so now, only the server knows.
    if (held) this.load(held.id).catch((error: unknown) => isMissing(error) && this.forget(held.id));
  }
}

/** Who begins to follow is told of new posts at first. */
function followedBy({ isFollowed: before, followersCount }: Profile, isFollowed: boolean): Partial<Profile> {
  if (before === isFollowed) return {};
  return { isFollowed, notifyPosts: isFollowed, followersCount: followersCount + Number(isFollowed) - Number(before) };
}

function isMissing(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 404;
}

/** One person on a page of their own. */
export class Person {
  readonly #client: Feedline;
  readonly #people: People;
  readonly #wanted: string;
  readonly #changes = new Emitter<void>();
  readonly #live: LiveQuery;
  #error: unknown = null;
  #snapshot: PersonSnapshot | null = null;

  readonly subscribe = (listener: () => void): (() => void) => {
    return together(this.#people.subscribe(listener), this.#changes.subscribe(listener));
  };

  constructor(client: Feedline, people: People, idOrUsername: string) {
    this.#client = client;
    this.#people = people;
    this.#wanted = idOrUsername;
    // Their feed, which is shown below, holds the channel that tells of them.
    this.#live = client.live(null, () => this.#load());
  }

  /** Loads the person and keeps them current until the returned function is called. */
  readonly open = (): (() => void) => {
    const close = this.#live.open();
    const stopWaking = this.#client.platform.onWake(() => this.#live.refresh());
    const stopListening = this.#client.delivered.subscribe((deliveries) => {
      if (deliveries.some(({ event }) => this.#isCounted(event))) this.#live.refresh();
    });
    return () => {
      stopListening();
      stopWaking();
      close();
    };
  };

  readonly reload = (): Promise<void> => this.#live.reload();

  /** The same object until something in it has changed. */
  readonly snapshot = (): PersonSnapshot => {
    const person = this.#people.get(this.#wanted);
    this.#snapshot = unlessEqual<PersonSnapshot>(this.#snapshot, { phase: this.#phase(person), person, error: this.#error });
    return this.#snapshot;
  };

  #phase(person: Profile | null): PersonSnapshot["phase"] {
    if (person) return "ready";
    if (this.#error === null) return "loading";
    return isMissing(this.#error) ? "missing" : "failed";
  }

  /** Whether an event changes one of the person's counts. */
  #isCounted(event: FeedEvent): boolean {
    const id = this.#people.get(this.#wanted)?.id;
    if (id === undefined) return false;
    if (partedFrom(event) === id) return true;
    if (event.type === "post_created" || event.type === "post_deleted") return event.userId === id;
    const isMe = id === this.#client.session.state().user?.id;
    return isMe && (event.type === "feed_update" || (event.type === "notification" && event.notification.kind === "follow"));
  }

  async #load(): Promise<string> {
    try {
      await this.#people.load(this.#wanted);
      this.#error = null;
    } catch (error) {
      this.#error = error;
      const held = this.#people.get(this.#wanted);
      if (held && isMissing(error)) this.#people.forget(held.id);
      throw error;
    } finally {
      this.#changes.emit();
    }
    return "";
  }
}
