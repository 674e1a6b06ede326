import type { ClientMessage, FeedEvent, Post } from "../src/protocol";
import { created, deleted, makePost, updated, type FakePlatform, type FakeSocket } from "./fakes";

export const ME = { id: "me", username: "me", name: "Me", avatar: null, isVerified: false };

interface Connection {
  read: number;
  /** Everything after this position was sent. */
  from: number;
  sent: number;
  connected: boolean;
}

/** The server of one person who follows everybody, at the level of the protocol: requests, sockets, and one log. */
export class FakeServer {
  /** Newest first. */
  posts: Post[] = [];
  readonly log: FeedEvent[] = [];
  readonly #answers = new Map<string, { post: Post; cursor: string }>();
  readonly #connections = new Map<FakeSocket, Connection>();
  readonly #handled = new Set<object>();
  #floor = 0;
  #count = 0;

  get cursor(): string {
    return cursorAt(this.log.length);
  }

  publish(author: string, text: string, clientId: string | null = null): Post {
    const post = makePost(++this.#count, { author, text, clientId, version: this.#version });
    this.posts = [post, ...this.posts];
    this.log.push(created(post, cursorAt(this.log.length + 1)));
    return post;
  }

  edit(pick: number): void {
    const post = this.posts[pick % Math.max(1, this.posts.length)];
    if (!post) return;
    const { updatedAt } = makePost(0, { version: this.#version });
    const edited = { ...post, content: { ...post.content, text: `${post.content.text}+` }, updatedAt };
    this.posts = this.posts.map((other) => (other === post ? edited : other));
    this.log.push(updated(edited, cursorAt(this.log.length + 1)));
  }

  delete(pick: number): void {
    const post = this.posts[pick % Math.max(1, this.posts.length)];
    if (!post) return;
    this.posts = this.posts.filter((other) => other !== post);
    this.log.push(deleted(post, cursorAt(this.log.length + 1)));
  }

  /** What was before now can't be read any more. */
  expire(): void {
    this.#floor = this.log.length;
  }

  drop(tab: FakePlatform): void {
    for (const socket of tab.sockets) {
      if (socket.closedByClient || this.#handled.has(socket)) continue;
      this.#handled.add(socket);
      socket.drop();
    }
  }

  /** Requests get no answer; of those that write, the server has had some nevertheless. */
  async fail(tab: FakePlatform): Promise<void> {
    for (const [index, request] of tab.requests.entries()) {
      if (this.#handled.has(request)) continue;
      this.#handled.add(request);
      if (request.method === "POST" && index % 2 === 0) this.#publishOnce(request.headers["Idempotency-Key"], request.body);
      await request.fail();
    }
  }

  async serve(tab: FakePlatform): Promise<void> {
    for (const request of tab.requests) {
      if (this.#handled.has(request)) continue;
      this.#handled.add(request);
      await request.answer(...this.#answer(request.method, request.url, request.headers["Idempotency-Key"], request.body));
    }
    for (const socket of tab.sockets) if (!socket.closedByClient && !this.#handled.has(socket)) this.#talk(socket);
    for (const stream of Array.from(tab.streams)) {
      if (stream.givenUp || !stream.path.startsWith("/api/events")) continue;
      const cursor = stream.parameter("cursor");
      const from = cursor === null ? this.log.length : positionOf(cursor);
      // There is nothing to say yet to one that may wait.
      if (from === this.log.length && stream.parameter("wait") !== "0") continue;
      if (from < this.#floor) stream.answer({ events: [], cursor: this.cursor, resync: "cursor_expired" });
      else stream.answer({ events: this.log.slice(from), cursor: this.cursor });
    }
  }

  get #version(): number {
    return this.log.length + 1;
  }

  #answer(method: string, url: string, key: string | undefined, body: string | undefined): [number, unknown] {
    if (url === "/api/me") return [200, { user: ME }];
    if (url.startsWith("/api/feed")) return [200, this.#page(url)];
    if (method === "POST" && url === "/api/posts") return [201, this.#publishOnce(key, body)];
    return [204, undefined];
  }

  #page(url: string): object {
    const limit = Number(/limit=(\d+)/.exec(url)?.[1] ?? 20);
    const after = /page=([^&]+)/.exec(url)?.[1];
    const rest = after === undefined ? this.posts : this.posts.filter(({ id }) => id < after);
    const posts = rest.slice(0, limit);
    return { posts, next: rest.length > limit ? posts.at(-1)?.id : null, cursor: this.cursor };
  }

  #publishOnce(key = "", body = "{}"): { post: Post; cursor: string } {
    const known = this.#answers.get(key);
    if (known) return known;
    const { text } = JSON.parse(body) as { text: string };
    const answer = { post: this.publish(ME.id, text, key), cursor: this.cursor };
    this.#answers.set(key, answer);
    return answer;
  }

  #talk(socket: FakeSocket): void {
    const connection = this.#connections.get(socket) ?? { read: 0, from: 0, sent: 0, connected: false };
    this.#connections.set(socket, connection);
    socket.open();
    while (connection.read < socket.sent.length) this.#hear(socket, connection, socket.sent[connection.read++] as ClientMessage);
    if (!connection.connected) return;
    const news = this.log.slice(connection.sent);
    connection.sent = this.log.length;
    socket.say(...news);
  }

  #hear(socket: FakeSocket, connection: Connection, message: ClientMessage): void {
    if (message.type === "connect") this.#connect(socket, connection, message);
    else if (message.type === "ping") socket.say({ type: "pong", id: message.id });
    else if (message.type === "unsubscribe") socket.say({ ...message, type: "unsubscribed" });
    else if (message.type === "subscribe") this.#subscribe(socket, connection, message);
  }

  #connect(socket: FakeSocket, connection: Connection, { channels, cursor }: ClientMessage & { type: "connect" }): void {
    const from = cursor === undefined ? this.log.length : positionOf(cursor);
    const isExpired = from < this.#floor;
    connection.from = isExpired ? this.log.length : from;
    connection.sent = this.log.length;
    connection.connected = true;
    const answers = channels.map((channel) => ({ channel, ok: true }));
    socket.say({ type: "connected", userId: ME.id, cursor: cursorAt(connection.from), heartbeat: 25, channels: answers });
    if (isExpired) socket.say({ type: "resync", reason: "cursor_expired", cursor: this.cursor });
    else socket.say(...this.log.slice(from), { type: "caught_up", cursor: this.cursor });
  }

  /** What the connection had through another channel is left out. */
  #subscribe(socket: FakeSocket, connection: Connection, { id, channel, cursor }: ClientMessage & { type: "subscribe" }): void {
    const from = cursor === undefined ? connection.from : positionOf(cursor);
    socket.say({ type: "subscribed", id, channel, cursor: cursorAt(from) });
    if (from < this.#floor) return socket.say({ type: "resync", id, reason: "cursor_expired", cursor: this.cursor });
    const missed = this.log.slice(from, connection.from).map((event) => ({ ...event, replay: id }));
    connection.from = Math.min(from, connection.from);
    socket.say(...missed, { type: "caught_up", id, cursor: this.cursor });
  }
}

function cursorAt(position: number): string {
  return `c${position}`;
}

function positionOf(cursor: string): number {
  return Number(cursor.slice(1));
}
