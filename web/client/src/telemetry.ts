import { bound } from "./bound";
import type { Delivery } from "./conversation";
import type { Feed } from "./feed";
import type { Feedline } from "./feedline";
import type { Incident } from "./incidents";
import { OffsetBounds } from "./offset-bounds";
import type { Post } from "./protocol";
import type { PostEntry, StoreChange } from "./store";

/** How long what was seen is gathered. */
const GATHER_MS = 15_000;
/** The server's own limit on one report; what is seen beyond it until then is not counted. */
const MOST_ENTRIES = 100;
/** A live post that is not on the screen by then waits for its reader, and not for the network. */
const SHOWN_WITHIN_MS = 1_000;
/** As long as the page waits for the event of an own post before it looks for it elsewhere. */
const EVENT_WITHIN_MS = 3_000;
/** What is older was written while nobody was looking. */
const LONGEST_MS = 3_600_000;
/** Posts that are remembered not to be counted twice. */
const MOST_KNOWN = 1_000;
/** New posts are at the top of a list. */
const LOOKED_AT = 20;

export interface Sighting {
  readonly postId: string;
  readonly role: "author" | "reader";
  readonly path: "optimistic" | "realtime" | "fallback" | "refresh";
  /** From the press of the button, or for readers from the commit, to the paint. */
  readonly ms: number;
}

interface Own {
  readonly pressedAt: number;
  /** When the server has named it. */
  id: string | null;
  optimistic: number | null;
  confirmed: number | null;
}

/** Gathers how soon posts come onto this screen and how the connection fares, and tells the server now and then. */
export class Telemetry {
  readonly #client: Feedline;
  readonly #feeds: ReadonlyMap<string, Feed>;
  readonly #offset = new OffsetBounds();
  /** Own posts until their event has come: by client id, and then by id. */
  readonly #own = new Map<string, Own>();
  /** Live posts that are not painted yet: when they were committed, by this clock. */
  readonly #arriving = new Map<string, number>();
  readonly #known = new Set<string>();
  readonly #loaded = new WeakSet<Feed>();
  #visible: Sighting[] = [];
  #incidents: Incident[] = [];
  #isGathering = false;
  #isLooking = false;

  constructor(client: Feedline, feeds: ReadonlyMap<string, Feed>) {
    this.#client = client;
    this.#feeds = feeds;
    client.store.subscribe((change) => this.#changed(change));
    client.connection.delivered.subscribe((deliveries) => this.#delivered(deliveries));
    client.connection.incidents.subscribe((incident) => this.#happened(incident));
    client.publisher.published.subscribe((post) => this.#answered(post));
    client.session.subscribe(({ user }) => user ?? this.#forget());
    client.platform.onHide(() => this.#tell());
  }

  get #now(): number {
    return this.#client.clock.now();
  }

  #changed({ paired }: StoreChange): void {
    for (const { key, post } of this.#client.store.outgoing()) if (!this.#own.has(key)) this.#pressed(key, Date.parse(post.createdAt));
    for (const entry of paired) this.#paired(entry);
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#client.platform.afterPaint((painted) => {
      this.#isLooking = false;
      if (!painted) return;
      this.#lookForLive();
      this.#lookForLoaded();
    });
  }

  /** An own post is on its way to the screen; one that another page has left behind is not timed. */
  #pressed(key: string, pressedAt: number): void {
    const own: Own = { pressedAt, id: null, optimistic: null, confirmed: null };
    this.#own.set(key, own);
    bound(this.#own, MOST_KNOWN);
    if (this.#now - pressedAt > SHOWN_WITHIN_MS) return;
    this.#client.platform.afterPaint((painted) => {
      if (painted) own.optimistic = this.#now - pressedAt;
      this.#seeOptimistic(own);
    });
  }

  #paired({ key, post: { id } }: PostEntry): void {
    const own = this.#own.get(key);
    this.#own.delete(key);
    this.#know(id);
    if (!own || this.#now - own.pressedAt > LONGEST_MS) return;
    own.id = id;
    this.#seeOptimistic(own);
    this.#own.set(id, own);
    this.#client.platform.afterPaint((painted) => {
      if (painted) own.confirmed = this.#now - own.pressedAt;
    });
    this.#client.clock.after(EVENT_WITHIN_MS, () => {
      if (this.#own.delete(id) && own.confirmed !== null) this.#see(id, "author", "fallback", own.confirmed);
    });
  }

  /** It needs both: to be painted, and an id of the server's. */
  #seeOptimistic({ id, optimistic }: Own): void {
    if (id !== null && optimistic !== null) this.#see(id, "author", "optimistic", optimistic);
  }

  #delivered(deliveries: readonly Delivery[]): void {
    const isLive = this.#client.connection.state().status === "live";
    for (const { event } of deliveries) {
      if (event.type !== "post_created") continue;
      const { id } = event.post;
      if (this.#own.has(id)) this.#echoed(id);
      else if (isLive && event.replay === undefined && !this.#known.has(id)) this.#arrives(id, Date.parse(event.timestamp));
      this.#know(id);
    }
  }

  #echoed(id: string): void {
    const own = this.#own.get(id) as Own;
    this.#own.delete(id);
    this.#client.platform.afterPaint((painted) => {
      if (painted) this.#see(id, "author", "realtime", this.#now - own.pressedAt);
    });
  }

  #arrives(id: string, committedAt: number): void {
    this.#offset.heard(committedAt, this.#now);
    this.#arriving.set(id, this.#offset.here(committedAt));
    this.#client.clock.after(SHOWN_WITHIN_MS, () => this.#arriving.delete(id));
  }

  /** What has come live, and is on the screen by now. */
  #lookForLive(): void {
    for (const [postId, committedAt] of this.#arriving) {
      if (!this.#client.platform.isShown(postId)) continue;
      this.#arriving.delete(postId);
      this.#see(postId, "reader", "realtime", this.#now - committedAt);
    }
  }

  /** What is new in a list that was there before, and no event has brought it. */
  #lookForLoaded(): void {
    for (const feed of this.#feeds.values()) {
      const { phase, entries } = feed.snapshot();
      if (!feed.isOpen || phase !== "ready") continue;
      const isFirst = !this.#loaded.has(feed);
      this.#loaded.add(feed);
      for (const { post, delivery } of entries.slice(0, LOOKED_AT)) {
        if (delivery === "sent" && this.#know(post.id) && !isFirst) this.#cameByLoading(post);
      }
    }
  }

  #cameByLoading({ id, createdAt }: Post): void {
    const path = this.#client.connection.state().status === "polling" ? "fallback" : "refresh";
    const committedAt = this.#offset.here(Date.parse(createdAt));
    if (this.#client.platform.isShown(id)) this.#see(id, "reader", path, this.#now - committedAt);
  }

  #answered({ id, createdAt }: Post): void {
    const own = this.#own.get(id);
    if (own) this.#offset.answered(own.pressedAt, Date.parse(createdAt));
  }

  /** Whether it is new. */
  #know(id: string): boolean {
    if (this.#known.has(id)) return false;
    this.#known.add(id);
    bound(this.#known, MOST_KNOWN);
    return true;
  }

  #see(postId: string, role: Sighting["role"], path: Sighting["path"], elapsed: number): void {
    const ms = Math.max(0, Math.round(elapsed));
    if (ms > LONGEST_MS || this.#isFull) return;
    this.#visible.push({ postId, role, path, ms });
    this.#gather();
  }

  #happened(incident: Incident): void {
    if (this.#isFull) return;
    this.#incidents.push(incident);
    this.#gather();
  }

  get #isFull(): boolean {
    return this.#visible.length + this.#incidents.length >= MOST_ENTRIES;
  }

  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#client.clock.after(GATHER_MS, () => {
      this.#isGathering = false;
      if (!this.#tell()) this.#gather();
    });
  }

  /** Returns false if this is no time for it. */
  #tell(): boolean {
    const { status } = this.#client.connection.state();
    const body = { visible: this.#visible, connection: this.#incidents };
    if (body.visible.length + body.connection.length === 0 || status === "idle") return true;
    if (status !== "live" && status !== "polling") return false;
    this.#forget();
    const headers = { "Content-Type": "application/json" };
    const request = { method: "POST", headers, body: JSON.stringify(body), keepalive: true };
    // What does not arrive is not counted: nothing else may wait for it.
    this.#client.platform.fetch("/api/telemetry", request).catch(() => {});
    return true;
  }

  #forget(): void {
    this.#visible = [];
    this.#incidents = [];
  }
}
