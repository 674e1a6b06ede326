import { bound } from "./bound";
import type { HttpRequest, HttpResponse, Platform } from "./platform";
import { ApiProblem, problemFrom, Unreachable } from "./problem";
import type { Cursor, Post, Profile, Tier, User } from "./protocol";

const TIMEOUT_MS = 20_000;
/** Answers that may come in another order than that in which they were given: a browser has six requests under way. */
const MOST_SEEN = 8;

export interface Draft {
  title?: string;
  text?: string;
  category?: string | null;
  tags?: readonly string[];
  tier?: Tier | null;
  /** A file that was sent before, for a post to have; null takes it away. */
  mediaId?: string | null;
  /** How that file is shown until the server answers; it is not sent. */
  media?: Post["media"];
}

export interface PostPage {
  posts: Post[];
  next: string | null;
  cursor: Cursor;
}

export interface PostAnswer {
  post: Post;
  cursor: Cursor;
}

export interface Credentials {
  username: string;
  password: string;
}

export interface ProfileChange {
  name?: string;
  /** An https address. */
  avatar?: string | null;
}

export interface PageQuery {
  page?: string | null;
  limit?: number;
}

export interface PostQuery extends PageQuery {
  creator?: string;
}

/** The REST calls. Each resolves with the answer's body or rejects with `ApiProblem` or `Unreachable`. */
export class Api {
  readonly #platform: Pick<Platform, "fetch" | "clock">;
  readonly #onUnauthenticated: () => void;
  readonly #reached: () => Cursor | null;
  /** Where the last answers stand. Which one is the newest is for the server to say. */
  readonly #seen = new Set<Cursor>();

  /** `onUnauthenticated` hears of every 401 to a call that needs a signed-in user; `reached` tells how far events came. */
  constructor(platform: Pick<Platform, "fetch" | "clock">, onUnauthenticated = () => {}, reached: () => Cursor | null = () => null) {
    this.#platform = platform;
    this.#onUnauthenticated = onUnauthenticated;
    this.#reached = reached;
  }

  register(body: Credentials & { name?: string }): Promise<{ user: User }> {
    return this.#send("POST", "/api/auth/register", body);
  }

  login(body: Credentials): Promise<{ user: User }> {
    return this.#send("POST", "/api/auth/login", body);
  }

  logout(): Promise<void> {
    return this.#send("POST", "/api/auth/logout");
  }

  /** Who the cookie belongs to, or null if to nobody. */
  async whoAmI(): Promise<User | null> {
    try {
      return (await this.#send<{ user: User }>("GET", "/api/me")).user;
    } catch (error) {
      if (isUnauthenticated(error)) return null;
      throw error;
    }
  }

  posts(query: PostQuery): Promise<PostPage> {
    return this.#send("GET", `/api/posts${stringOf(query)}`);
  }

  homeFeed(query: PageQuery): Promise<PostPage> {
    return this.call("GET", `/api/feed${stringOf(query)}`);
  }

  post(id: string): Promise<PostAnswer> {
    return this.#send("GET", pathOf(id));
  }

  /** The same key never makes a second post, however often it is sent. */
  publish(draft: Draft, idempotencyKey: string): Promise<PostAnswer> {
    return this.call("POST", "/api/posts", { ...draft, media: undefined }, { "Idempotency-Key": idempotencyKey });
  }

  editPost(id: string, draft: Draft): Promise<PostAnswer> {
    return this.call("PATCH", pathOf(id), draft);
  }

  deletePost(id: string): Promise<void> {
    return this.call("DELETE", pathOf(id));
  }

  user(idOrUsername: string): Promise<{ user: Profile }> {
    return this.#send("GET", `/api/users/${encodeURIComponent(idOrUsername)}`);
  }

  editMe(body: ProfileChange): Promise<{ user: User }> {
    return this.call("PATCH", "/api/me", body);
  }

  /** Any call that needs a signed-in user. */
  async call<T>(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<T> {
    try {
      return await this.#send<T>(method, path, body, headers);
    } catch (error) {
      if (isUnauthenticated(error)) this.#onUnauthenticated();
      throw error;
    }
  }

  async #send<T>(method: string, path: string, body?: object, more?: Record<string, string>): Promise<T> {
    const headers = { ...(body && { "Content-Type": "application/json" }), ...(method === "GET" && this.#noOlder()), ...more };
    const [response, text] = await this.#inTime(path, { method, headers, body: JSON.stringify(body) });
    if (response.status >= 400) throw problemFrom(response, text);
    // The shapes are the server's contract; checking each field again would double the size of the client.
    const answer: { cursor?: Cursor } | undefined = text === "" ? undefined : JSON.parse(text);
    if (answer?.cursor) bound(this.#seen.add(answer.cursor), MOST_SEEN);
    return answer as T;
  }

  /** Asks for nothing older than what came before, whichever node answers. */
  #noOlder(): Record<string, string> | false {
    const reached = this.#reached();
    const seen = reached === null ? this.#seen : new Set(this.#seen).add(reached);
    return seen.size > 0 && { "Seen-Cursor": [...seen].join() };
  }

  #inTime(path: string, request: HttpRequest): Promise<[HttpResponse, string]> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Unreachable("no answer"));
      const cancel = this.#platform.clock.after(TIMEOUT_MS, fail);
      this.#platform.fetch(path, request).then(read).then(resolve, fail).finally(cancel);
    });
  }
}

async function read(response: HttpResponse): Promise<[HttpResponse, string]> {
  return [response, await response.text()];
}

function pathOf(postId: string): string {
  return `/api/posts/${encodeURIComponent(postId)}`;
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 401;
}

/** As the end of an address. */
function stringOf(query: PostQuery): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => (value == null ? [] : `${name}=${encodeURIComponent(value)}`));
  return `?${pairs.join("&")}`;
}
