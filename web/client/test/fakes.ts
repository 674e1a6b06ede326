import type { Clock, HttpRequest, HttpResponse, Locks, Platform, SocketHandlers, StreamHandlers, Tabs } from "../src/platform";
import type { FakeBrowser } from "./fake-browser";
import type { ClientMessage, EventPost, FeedEvent, Post, ServerMessage } from "../src/protocol";

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** Runs every timer that falls due, in order, each at its own moment. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = end;
  }

  /** The machine sleeps: time passes, and no timer runs until it wakes. */
  sleep(ms: number): void {
    this.#now += ms;
  }
}

/** The server's end of one socket. */
export class FakeSocket {
  readonly sent: ClientMessage[] = [];
  closedByClient = false;
  #isOpen = false;
  #isDead = false;
  readonly #handlers: SocketHandlers;

  constructor(handlers: SocketHandlers) {
    this.#handlers = handlers;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientMessage);
  }

  close(): void {
    this.closedByClient = true;
  }

  get last(): ClientMessage | undefined {
    return this.sent.at(-1);
  }

  open(): void {
    if (!this.#isOpen) this.#handlers.opened();
    this.#isOpen = true;
  }

  say(...messages: ServerMessage[]): void {
    for (const message of messages) if (!this.#isDead) this.#handlers.message(JSON.stringify(message));
  }

  sayRaw(text: string): void {
    this.#handlers.message(text);
  }

  drop(code = 1006): void {
    if (!this.#isDead) this.#handlers.closed(code);
  }

  /** The page that had it is gone; nothing reaches it any more. */
  dies(): void {
    this.#isDead = true;
    this.closedByClient = true;
  }

  /** Opens, and answers `connect` with every channel granted. */
  connect(cursor: string, heartbeat = 25): void {
    this.open();
    const asked = this.sent.find((message) => message.type === "connect");
    const channels = (asked?.channels ?? []).map((channel) => ({ channel, ok: true }));
    this.say({ type: "connected", userId: "me", sessionId: "s", cursor, heartbeat, channels });
  }

  /** As `connect`, and nothing was missed. */
  goLive(cursor: string): void {
    this.connect(cursor);
    this.say({ type: "caught_up", cursor });
  }

  /** Answers a `subscribe` that has nothing to replay. */
  grant(channel: string, cursor: string): void {
    const asked = this.sent.findLast((message) => message.type === "subscribe" && message.channel === channel);
    if (asked?.type !== "subscribe") throw new Error(`nobody subscribed to ${channel}`);
    this.say({ type: "subscribed", id: asked.id, channel, cursor }, { type: "caught_up", id: asked.id, cursor });
  }
}

/** The server's end of an answer that is read as it arrives. */
export class FakeStream {
  givenUp = false;
  readonly path: string;
  readonly #handlers: StreamHandlers;

  constructor(path: string, handlers: StreamHandlers) {
    this.path = path;
    this.#handlers = handlers;
  }

  parameter(name: string): string | null {
    const value = new RegExp(`[?&]${name}=([^&]*)`).exec(this.path)?.[1];
    return value === undefined ? null : decodeURIComponent(value);
  }

  get channels(): string[] {
    return (this.parameter("channels") ?? "").split(",").filter(Boolean);
  }

  open(status = 200): void {
    if (!this.givenUp) this.#handlers.opened(status);
  }

  text(part: string): void {
    if (!this.givenUp) this.#handlers.text(part);
  }

  end(): void {
    if (this.givenUp) return;
    this.givenUp = true;
    this.#handlers.closed();
  }

  refuse(status: number): void {
    this.open(status);
    this.end();
  }

  /** Server-sent events. */
  say(...messages: ServerMessage[]): void {
    for (const message of messages) this.text(`event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`);
  }

  /** A stream with all its channels. */
  connect(cursor: string, heartbeat = 25): void {
    const granted = this.channels.map((channel) => ({ channel, ok: true }));
    this.open();
    this.text("retry: 2000\n");
    this.say({ type: "connected", userId: "me", sessionId: "s", cursor, heartbeat, channels: granted });
  }

  goLive(cursor: string): void {
    this.connect(cursor);
    this.say({ type: "caught_up", cursor });
  }

  /** The answer of a long-poll. */
  answer(body: { events: FeedEvent[]; cursor: string; more?: boolean; resync?: string }): void {
    this.open();
    this.text(JSON.stringify(body));
    this.end();
  }
}

export interface Request extends HttpRequest {
  url: string;
  answer(status: number, body?: unknown, headers?: Record<string, string>): Promise<void>;
  fail(): Promise<void>;
}

/** A platform whose every side is in the test's hand. */
export class FakePlatform implements Platform {
  readonly clock: FakeClock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  readonly streams: FakeStream[] = [];
  readonly requests: Request[] = [];
  /** What was told to other tabs about who is signed in. */
  readonly told: unknown[] = [];
  readonly tabs: Tabs;
  readonly locks?: Locks;
  hearFromTab: (viewerId: string) => void = () => {};
  readonly storage: Map<string, string> = new Map();
  /** Posts that no element shows. */
  readonly unshown = new Set<string>();
  /** Callbacks that wait for `paint`. */
  readonly unpainted: ((painted: boolean) => void)[] = [];
  readonly #wakeListeners = new Set<() => void>();
  readonly #hideListeners = new Set<() => void>();
  #blocked: readonly string[] = [];
  /** What its ids begin with. */
  name = "client";
  #ids = 0;

  /** With a browser, it is one of its tabs. */
  constructor(browser?: FakeBrowser) {
    this.tabs = {
      join: (name, hear) => {
        if (name === "feedline") this.hearFromTab = hear;
        const channel = browser?.join(this, name, hear);
        return {
          tell: (message) => {
            if (name === "feedline") this.told.push(message);
            channel?.tell(message);
          },
          leave: () => channel?.leave(),
        };
      },
    };
    if (browser) {
      this.clock = browser.clock;
      this.storage = browser.storage;
      this.locks = { hold: (name, handlers, steal) => browser.hold(this, name, handlers, steal) };
    }
  }

  random(): number {
    return 0.5;
  }

  /** Such requests fail as soon as time goes on. */
  block(...what: ("sse" | "poll")[]): void {
    this.#blocked = what;
  }

  newId(): string {
    return `${this.name}-${++this.#ids}`;
  }

  readonly fetch = (url: string, request: HttpRequest): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      this.requests.push({
        ...request,
        url,
        answer: (status, body, headers = {}) => {
          resolve({ status, headers: { get: (name) => headers[name] ?? null }, text: async () => (body === undefined ? "" : JSON.stringify(body)) });
          return settled();
        },
        fail: () => {
          reject(new TypeError("failed to fetch"));
          return settled();
        },
      });
    });

  openSocket(_path: string, handlers: SocketHandlers): FakeSocket {
    const socket = new FakeSocket(handlers);
    this.sockets.push(socket);
    return socket;
  }

  stream(path: string, handlers: StreamHandlers): () => void {
    const stream = new FakeStream(path, handlers);
    this.streams.push(stream);
    const transport = path.startsWith("/api/stream") ? "sse" : "poll";
    if (this.#blocked.includes(transport)) this.clock.after(0, () => stream.end());
    return () => (stream.givenUp = true);
  }

  onWake(listener: () => void): () => void {
    this.#wakeListeners.add(listener);
    return () => this.#wakeListeners.delete(listener);
  }

  wake(): void {
    for (const listener of Array.from(this.#wakeListeners)) listener();
  }

  onHide(listener: () => void): () => void {
    this.#hideListeners.add(listener);
    return () => this.#hideListeners.delete(listener);
  }

  hide(): void {
    for (const listener of Array.from(this.#hideListeners)) listener();
  }

  afterPaint(callback: (painted: boolean) => void): void {
    this.unpainted.push(callback);
  }

  paint(painted = true): void {
    for (const callback of this.unpainted.splice(0)) callback(painted);
  }

  isShown(id: string): boolean {
    return !this.unshown.has(id);
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  /** The newest answer that is still awaited from this path. */
  streaming(path: string): FakeStream {
    const stream = this.streams.findLast((one) => !one.givenUp && one.path.startsWith(path));
    if (!stream) throw new Error(`nothing is read from ${path}`);
    return stream;
  }

  /** The newest request of this kind. */
  request(method: string, url: RegExp): Request {
    const request = this.requests.findLast((one) => one.method === method && url.test(one.url));
    if (!request) throw new Error(`no request ${method} ${url}`);
    return request;
  }
}

/** Resolves when every promise that was ready to go on has gone on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** Ids that sort by number, as UUIDv7 sort by time. */
export function postId(number: number): string {
  return `0194-${String(number).padStart(6, "0")}`;
}

export interface PostTraits {
  author?: string;
  version?: number;
  text?: string;
  clientId?: string | null;
  isLiked?: boolean;
}

export function makePost(number: number, traits: PostTraits = {}): Post {
  const { author = "ann", version = 0, text = `post ${number}`, clientId = null, isLiked = false } = traits;
  return {
    id: postId(number),
    clientId,
    creator: { id: author, username: author, name: author, avatar: null, isVerified: false },
    content: { title: null, text, category: null, tags: [] },
    media: { type: "text", url: null, thumbnail: null, aspectRatio: null },
    access: { tier: null, isLocked: false },
    engagement: { likesCount: 0, commentsCount: 0, isLiked },
    createdAt: "2026-01-22T10:00:00.000Z",
    updatedAt: `2026-01-22T10:00:00.${String(version).padStart(3, "0")}Z`,
  };
}

/** The same post as an event carries it: without the viewer's own view. */
export function asEventPost(post: Post): EventPost {
  const { likesCount, commentsCount } = post.engagement;
  return { ...post, engagement: { likesCount, commentsCount } };
}

export function created(post: Post, cursor: string, replay?: number): FeedEvent {
  return postEvent("post_created", post, cursor, replay);
}

export function updated(post: Post, cursor: string): FeedEvent {
  return postEvent("post_updated", post, cursor);
}

export function deleted(post: Post, cursor: string): FeedEvent {
  const { id: author } = post.creator;
  return { type: "post_deleted", postId: post.id, userId: author, ...envelope(author, cursor) };
}

function postEvent(type: "post_created" | "post_updated", post: Post, cursor: string, replay?: number): FeedEvent {
  const { id: author } = post.creator;
  const tag = replay === undefined ? {} : { replay };
  return { type, post: asEventPost(post), userId: author, ...envelope(author, cursor), ...tag };
}

function envelope(author: string, cursor: string): { cursor: string; channel: string; timestamp: string } {
  return { cursor, channel: `creator:${author}`, timestamp: "2026-01-22T10:00:00.000Z" };
}
