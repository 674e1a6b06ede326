import { expect, test } from "vitest";
import { Feedline } from "../src/feedline";
import type { Feed } from "../src/feed";
import type { ClientMessage, FeedEvent, Post } from "../src/protocol";
import { SinglePost } from "../src/single-post";
import { FakePlatform, settled, type FakeSocket, type Request } from "./fakes";
import { recordedLines } from "./recording";

/** What happened between two answers, as a real server told it to one person, and what it would have answered then. */
interface Moment {
  steps: number;
  cursor: string;
  posts: Record<string, Post | null>;
  home: string[];
  events: FeedEvent[];
}

interface Recording {
  me: string;
  people: string[];
  cursor: string;
  moments: Moment[];
}

const HISTORIES = [1, 2, 3, 4, 5];
const STEPS = 2_000;

function record(seed: number): Recording {
  const [first = "", ...lines] = recordedLines(seed, STEPS);
  return { ...(JSON.parse(first) as Omit<Recording, "moments">), moments: lines.map((line) => JSON.parse(line) as Moment) };
}

const place = (cursor: string | undefined) => Number(cursor?.split("-").at(-1) ?? 0);
const placeOf = ({ createdAt, id }: Post) => `${createdAt} ${id}`;
const newestFirst = (a: Post, b: Post) => (placeOf(a) < placeOf(b) ? 1 : -1);

/** A server that goes through a recording: `at` is what it answers from, `told` how far its events went out. */
class Replayed {
  readonly posts = new Map<string, Post>();
  home: readonly string[] = [];
  /** Whom the viewer follows. */
  readonly followed = new Set<string>();
  at = 0;
  readonly #recording: Recording;
  readonly #platform: FakePlatform;
  readonly #happened: FeedEvent[] = [];
  #told = 0;
  readonly #heard = new Map<FakeSocket, number>();
  readonly #answered = new Set<Request>();
  #joined = new Set<string>();

  constructor(recording: Recording, platform: FakePlatform) {
    this.#recording = recording;
    this.#platform = platform;
  }

  get isOver(): boolean {
    return this.at === this.#recording.moments.length;
  }

  get cursor(): string {
    return this.#recording.moments[this.at - 1]?.cursor ?? this.#recording.cursor;
  }

  goOn(): number {
    const moment = this.#recording.moments[this.at++] as Moment;
    for (const [id, post] of Object.entries(moment.posts)) {
      if (post) this.posts.set(id, post);
      else this.posts.delete(id);
    }
    this.home = moment.home;
    this.#happened.push(...moment.events);
    for (const event of moment.events) {
      if (event.type !== "feed_update") continue;
      if (event.reason === "follow") this.followed.add(event.creatorId);
      if (event.reason === "unfollow") this.followed.delete(event.creatorId);
    }
    const { me } = this.#recording;
    for (const id of this.home) expect([me, ...this.followed]).toContain(this.posts.get(id)?.creator.id);
    return moment.steps;
  }

  /** Sends the next events to whoever is connected. */
  tell(most: number): void {
    const end = Math.min(this.#happened.length, this.#told + most);
    const events = this.#happened.slice(this.#told, end);
    this.#told = end;
    if (this.#heard.has(this.#platform.socket)) this.#platform.socket.say(...events.filter((event) => this.#comes(event)));
  }

  async drop(): Promise<void> {
    this.#platform.socket.drop();
    while (this.#heard.has(this.#platform.socket)) {
      this.#platform.clock.advance(1_000);
      await settled();
    }
    await this.hear();
  }

  /** Answers what the client said over sockets. */
  async hear(): Promise<void> {
    await settled();
    const socket = this.#platform.socket;
    if (!this.#heard.has(socket)) {
      socket.open();
      this.#heard.set(socket, 0);
    }
    for (let next = this.#heard.get(socket) ?? 0; next < socket.sent.length; next++) {
      this.#heard.set(socket, next + 1);
      this.#reply(socket, socket.sent[next] as ClientMessage);
      await settled();
    }
  }

  async answer(most = Number.POSITIVE_INFINITY): Promise<boolean> {
    await settled();
    const waiting = this.#platform.requests.filter((request) => !this.#answered.has(request)).slice(0, most);
    for (const request of waiting) {
      this.#answered.add(request);
      await request.answer(...this.#answerTo(request));
    }
    await this.hear();
    return waiting.length > 0;
  }

  #answerTo({ url }: Request): [number, unknown] {
    const [pathname = "", query = ""] = url.split("?");
    const asked = (name: string) => decodeURIComponent(new RegExp(`(?:^|&)${name}=([^&]*)`).exec(query)?.[1] ?? "");
    if (pathname === "/api/me") return [200, { user: { id: this.#recording.me, username: "ann", name: "ann" } }];
    const person = /^\/api\/users\/(.+)$/.exec(pathname)?.[1];
    if (person !== undefined) return [200, { user: { id: person, isFollowed: this.followed.has(decodeURIComponent(person)) } }];
    const id = /^\/api\/posts\/(.+)$/.exec(pathname)?.[1];
    if (id !== undefined) {
      const post = this.posts.get(decodeURIComponent(id));
      return post ? [200, { post, cursor: this.cursor }] : [404, { code: "not_found" }];
    }
    const all = this.list(pathname === "/api/feed" ? "home" : asked("creator"));
    const [page, limit] = [asked("page"), Number(asked("limit") || 20)];
    const rest = page === "" ? all : all.filter((post) => placeOf(post) < page);
    const posts = rest.slice(0, limit);
    const next = posts.length < rest.length ? placeOf(posts.at(-1) as Post) : null;
    return [200, { posts, next, cursor: this.cursor }];
  }

  list(which: string): Post[] {
    if (which === "home") return this.home.map((id) => this.posts.get(id) as Post);
    return [...this.posts.values()].filter(({ creator }) => which === "" || creator.id === which).toSorted(newestFirst);
  }

  #comes({ channel }: FeedEvent): boolean {
    return !channel.startsWith("post:") || this.#joined.has(channel);
  }

  #since(cursor: string | undefined): FeedEvent[] {
    return this.#happened.slice(0, this.#told).filter((event) => place(event.cursor) > place(cursor));
  }

  /** The place of the last event that went out: whoever comes now is live from there. */
  get #here(): string {
    return this.#happened[this.#told - 1]?.cursor ?? this.#recording.cursor;
  }

  #reply(socket: FakeSocket, message: ClientMessage): void {
    if (message.type === "connect") {
      const { channels, cursor } = message;
      this.#joined = new Set(channels);
      const granted = channels.map((channel) => ({ channel, ok: true }));
      socket.say({ type: "connected", userId: this.#recording.me, cursor: cursor ?? this.#here, heartbeat: 0, channels: granted });
      const here = place(this.#here) > place(cursor) ? this.#here : (cursor ?? this.#here);
      socket.say(...this.#since(cursor).filter((event) => this.#comes(event)), { type: "caught_up", cursor: here });
    } else if (message.type === "subscribe") {
      const { id, channel, cursor } = message;
      socket.say({ type: "subscribed", id, channel, cursor: cursor ?? this.#here });
      const missed = this.#since(cursor).filter((event) => event.channel === channel);
      socket.say(...missed.map((event) => ({ ...event, replay: id })), { type: "caught_up", id, cursor: this.#here });
      this.#joined.add(channel);
    } else if (message.type === "unsubscribe") {
      this.#joined.delete(message.channel);
      socket.say({ type: "unsubscribed", id: message.id, channel: message.channel });
    }
  }
}

/** Chance from a seed (mulberry32 by Tommy Ettinger, in the public domain). */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Until all that happened has come, and every list is loaded to its end. */
async function arrive(server: Replayed, platform: FakePlatform, feeds: readonly Feed[]): Promise<void> {
  server.tell(Number.POSITIVE_INFINITY);
  for (let isBusy = true; isBusy; ) {
    platform.clock.advance(1_000);
    isBusy = await server.answer();
    for (const feed of feeds) {
      if (!feed.snapshot().hasMore || feed.snapshot().loadingMore) continue;
      void feed.loadMore();
      isBusy = true;
    }
  }
}

/** Counts of a post come on its own channel. */
function shown(posts: readonly Post[], watched: ReadonlySet<string>): unknown[] {
  return posts.map((post) => {
    const { isLiked } = post.engagement;
    return { ...post, engagement: watched.has(post.id) ? post.engagement : { isLiked } };
  });
}

test.each(HISTORIES)("what was loaded and the events since are what would be loaded now (history %i)", async (seed) => {
  const recording = record(seed);
  const chance = chanceOf(seed);
  const platform = new FakePlatform();
  platform.block("sse", "poll");
  const server = new Replayed(recording, platform);
  const client = new Feedline(platform);
  void client.start();
  await settled();
  await server.answer().catch(() => {});
  const names = ["home", "", recording.people[1] as string];
  const feeds = names.map((name) => {
    const feed = name === "home" ? client.home() : name === "" ? client.everyone() : client.creator(name);
    feed.open();
    return feed;
  });
  await arrive(server, platform, feeds);
  const open = new Map<string, () => void>();
  let steps = 0;
  while (!server.isOver) {
    steps += server.goOn();
    for (const post of server.posts.values()) {
      if (post.creator.id !== recording.me || open.has(post.id)) continue;
      open.set(post.id, new SinglePost(client, post.id).open());
    }
    if (chance() < 0.4) server.tell(Math.floor(chance() * 12));
    if (chance() < 0.3) await server.answer(1 + Math.floor(chance() * 3));
    if (chance() < 0.02) await server.drop();
    if (chance() < 0.05 || server.isOver) {
      await arrive(server, platform, feeds);
      for (const [index, feed] of feeds.entries()) {
        const held = feed.snapshot().entries.map(({ post }) => post);
        const where = `${names[index]} at step ${steps} of history ${seed}`;
        expect(shown(held, new Set(open.keys())), where).toEqual(shown(server.list(names[index] as string), new Set(open.keys())));
      }
    }
  }
  expect(steps).toBeGreaterThanOrEqual(STEPS);
}, 120_000);
