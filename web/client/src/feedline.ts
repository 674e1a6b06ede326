import { Api, type Draft, type ProfileChange } from "./api";
import { applyEvent } from "./apply-event";
import type { Connection } from "./connection";
import type { ConnectionState } from "./connection-state";
import type { Delivery } from "./conversation";
import type { Emitter } from "./emitter";
import { Feed, type FeedOptions } from "./feed";
import { creatorSource, everyoneSource, homeSource, type FeedSource } from "./feed-sources";
import type { Clock, Platform, TabChannel } from "./platform";
import { withDeferred } from "./load-deferred";
import { asCreator, type Cursor, type User } from "./protocol";
import { LiveQuery, type LiveQueries } from "./live-query";
import { Unreachable } from "./problem";
import { Publisher } from "./publisher";
import { Session, type SessionState } from "./session";
import { SharedConnection } from "./shared-connection";
import { PostStore } from "./store";
import type { Placed } from "./timeline";

/** The signed-in user's home feed, everyone's posts, or those of the person with an id. */
export type FeedName = "home" | "everyone" | `creator:${string}`;

export interface FeedlineOptions {
  /** After the first event of a quiet time, how long others are gathered before the next change is told. */
  batchUpdateDelayMs?: number;
  /** How many new posts of others a feed holds while they wait to be shown. */
  maxPendingPosts?: number;
  /** Whether the server is told how soon posts came onto the screen and how the connection fared. */
  telemetry?: boolean;
}

const DEFAULTS: Required<FeedlineOptions> = { batchUpdateDelayMs: 100, maxPendingPosts: 50, telemetry: true };

/** Feeds that are kept, as long and as old as they were left, for whoever goes back to them. */
const MOST_FEEDS = 10;

/** The whole client: who is signed in, one connection, one store, and the feeds over them. */
export class Feedline {
  readonly platform: Platform;
  readonly clock: Clock;
  readonly api: Api;
  readonly session: Session;
  readonly connection: Connection;
  readonly store: PostStore;
  readonly publisher: Publisher;
  /** Events, after the posts have taken them in: for lists of something else. */
  readonly delivered: Emitter<readonly Delivery[]>;
  /** As they were given; an experiment may change them for its time. */
  readonly #given: FeedlineOptions;
  #options: Required<FeedlineOptions>;
  readonly #feeds = new Map<string, Feed>();
  readonly #queries: LiveQueries;
  readonly #tabs: TabChannel | undefined;
  #viewerId: string | null = null;
  #lists = 0;
  #isAccompanied = false;

  constructor(platform: Platform, options: FeedlineOptions = {}) {
    this.platform = platform;
    this.#given = options;
    this.#options = { ...DEFAULTS, ...options };
    this.store = new PostStore(platform.clock, this.#options.batchUpdateDelayMs);
    this.clock = platform.clock;
    this.api = new Api(
      platform,
      () => this.session.expire(),
      () => this.connection.cursor,
    );
    this.session = new Session(this.api);
    this.publisher = new Publisher(platform, this.api, this.store);
    this.connection = new SharedConnection(platform, {
      deliver: (deliveries) => this.#deliver(deliveries),
      reload: (channels) => this.#reload(({ channel }) => channel !== null && channels.includes(channel)),
      refresh: () => this.#refresh(),
      rejected: () => void this.#checkCredentials(),
    });
    this.delivered = this.connection.delivered;
    this.#queries = { platform, connection: this.connection, open: new Set() };
    this.session.subscribe((state) => this.#viewerChanged(state));
    // The cookie is the same in all tabs: who signs in or out in one does so in all.
    this.#tabs = platform.tabs?.join("feedline", (viewerId) => {
      if (viewerId !== (this.#viewerId ?? "")) void this.session.check();
      // There is something to send; if its tab goes, another one has to know.
      else this.publisher.sendNow();
    });
    this.connection.subscribe((state) => this.#connectionChanged(state));
  }

  /** Finds out who is signed in, and goes live if somebody is. */
  async start(): Promise<void> {
    await this.session.check();
  }

  /** The signed-in user's home feed. */
  home(): Feed {
    return this.feed("home");
  }

  /** Everyone's posts. */
  everyone(): Feed {
    return this.feed("everyone");
  }

  /** The posts of one person. */
  creator(creatorId: string): Feed {
    return this.feed(`creator:${creatorId}`);
  }

  /** The feed of this name: the same one each time, until the viewer changes or it was left long ago. */
  feed(name: FeedName): Feed {
    return this.#keep(name, this.#feeds.get(name) ?? this.#newFeed(name, this.#options));
  }

  /** A feed of its own of what is new, beside a list that somebody else has loaded. */
  feedBeside(name: FeedName, options: FeedOptions & { above: Placed }): Feed {
    return this.#keep(`beside ${++this.#lists}`, this.#newFeed(name, options));
  }

  /** Something else that is loaded by REST, and kept current by the events of a channel. */
  live(channel: string | null, load: () => Promise<Cursor>): LiveQuery {
    return new LiveQuery(this.#queries, channel, load);
  }

  /** Publishes as the signed-in user; returns the client id of the post. */
  publish(draft: Draft): string {
    const clientId = this.publisher.publish(draft, asCreator(this.#user()));
    this.#tabs?.tell(this.#viewerId);
    return clientId;
  }

  async edit(postId: string, draft: Draft): Promise<void> {
    const { post } = await this.api.editPost(postId, draft);
    this.store.put([post]);
  }

  async delete(postId: string): Promise<void> {
    await this.api.deletePost(postId);
    this.store.delete(postId);
  }

  async editProfile(change: ProfileChange): Promise<User> {
    const user = await this.session.change(change);
    this.store.updateCreator(asCreator(user));
    return user;
  }

  /** Loads again what is open, and sees to the connection: the way out that works whatever the sockets do. */
  async refresh(): Promise<void> {
    this.connection.retry();
    await this.#reload();
  }

  #newFeed(name: FeedName, options: FeedOptions): Feed {
    return new Feed(this.#source(name), this.store, this.#queries, options);
  }

  #source(name: FeedName): FeedSource {
    if (name === "home") return homeSource(this.api, this.#user().id);
    if (name === "everyone") return everyoneSource(this.api, this.#viewerId);
    return creatorSource(this.api, this.#viewerId, name.slice("creator:".length));
  }

  #keep(key: string, feed: Feed): Feed {
    this.#feeds.delete(key);
    this.#feeds.set(key, feed);
    this.#forgetFeeds();
    return feed;
  }

  /** Lets go of those that were left longest ago. */
  #forgetFeeds(): void {
    const left = [...this.#feeds].filter(([, { isOpen }]) => !isOpen);
    for (const [key, feed] of left.slice(0, -MOST_FEEDS)) {
      feed.dispose();
      this.#feeds.delete(key);
    }
  }

  #user(): User {
    const { user } = this.session.state();
    if (!user) throw new Error("nobody is signed in");
    return user;
  }

  #deliver(deliveries: readonly Delivery[]): void {
    const audience = { store: this.store, feeds: this.#feeds, open: this.#queries.open, viewerId: this.#viewerId };
    const own = deliveries.some(({ event }) => "userId" in event && event.userId === this.#viewerId);
    this.store.transaction(
      () => deliveries.forEach((delivery) => applyEvent(delivery, audience)),
      own ? "now" : "paced",
    );
  }

  async #reload(isMeant: (query: LiveQuery) => boolean = () => true): Promise<void> {
    await Promise.all([...this.#queries.open].filter(isMeant).map((query) => query.reload()));
  }

  async #refresh(): Promise<void> {
    // With nothing open there is still to find out whether the server can be reached.
    if (this.#queries.open.size === 0 && (await this.session.check()) === null) throw new Unreachable();
    await this.#reload();
  }

  async #checkCredentials(): Promise<void> {
    const viewerId = this.#viewerId;
    // If the cookie is good after all (it was renewed elsewhere), the connection may try again with it.
    const signedOut = (await this.session.check()) === false;
    if (!signedOut && viewerId !== null && viewerId === this.#viewerId) this.connection.start(viewerId);
  }

  #connectionChanged({ status }: ConnectionState): void {
    if (status !== "live" && status !== "polling") return;
    this.publisher.sendNow();
    // It may have failed before.
    this.#complete();
  }

  #complete(): void {
    withDeferred(({ accompany }) => {
      if (!this.#isAccompanied) accompany(this, this.#feeds, this.#options.telemetry);
      this.#isAccompanied = true;
    });
  }

  #viewerChanged({ user }: SessionState): void {
    const viewerId = user?.id ?? null;
    if (viewerId === this.#viewerId) return;
    this.#leave();
    this.#viewerId = viewerId;
    this.#options = { ...DEFAULTS, ...this.#given, ...user?.experiment?.settings };
    this.store.pace.delayMs = this.#options.batchUpdateDelayMs;
    this.#tabs?.tell(viewerId ?? "");
    if (!user) return;
    this.publisher.open(asCreator(user));
    this.connection.start(user.id);
    this.#complete();
  }

  /** Nothing of this viewer goes on; what is unsent stays in their outbox. */
  #leave(): void {
    this.connection.stop();
    for (const feed of this.#feeds.values()) feed.dispose();
    this.#feeds.clear();
    this.publisher.close();
    this.store.clear();
  }
}
