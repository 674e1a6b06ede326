/**
 * Everything the client needs from the outside. Browsers, Node, workers and tests each pass their own; the client
 * itself touches no global.
 */

export interface Platform {
  clock: Clock;
  /** A number in [0, 1): spreads reconnects, so that a restarted server is not met by everyone at once. */
  random(): number;
  /** A fresh unique string of at most 128 characters; names a publish attempt. */
  newId(): string;
  fetch: Fetch;
  /** Opens a WebSocket to a path of the server. */
  openSocket(path: string, handlers: SocketHandlers): Socket;
  /** Gets a path of the server and hands over the answer as it arrives. Returns the function that gives it up. */
  stream(path: string, handlers: StreamHandlers): () => void;
  /**
   * Calls the listener when the world may have changed behind a sleeping page: it became visible or focused, the
   * network came or went. Returns the unsubscribe function.
   */
  onWake(listener: () => void): () => void;
  /** Calls the listener when the page is hidden or left, maybe for good. Returns the unsubscribe function. */
  onHide(listener: () => void): () => void;
  /** The other tabs of this browser, where it lets them speak to each other. */
  tabs?: Tabs;
  /** What one tab of this browser has at a time, where it can say so. With `tabs`: they share one connection. */
  locks?: Locks;
  /** What has to last longer than the page. Where nothing has to, a `Map` does. */
  storage: KeptStrings;
  /** Calls back when the changes made so far have been painted; `painted` is false if nobody could see them. */
  afterPaint(callback: (painted: boolean) => void): void;
  /** Whether the page has an element for this post. Without a page: true. */
  isShown(postId: string): boolean;
}

export interface Tabs {
  /** Hears what other tabs say under this name, in the order in which each says it. */
  join(name: string, hear: (message: unknown) => void): TabChannel;
}

export interface TabChannel {
  /** Tells all the others, never this one, something that can be cloned. */
  tell(message: unknown): void;
  leave(): void;
}

export interface Locks {
  /** Waits for the lock of this name, or takes it from whoever has it. Returns the function that gives it up. */
  hold(name: string, handlers: LockHandlers, steal?: boolean): () => void;
}

/** None is called after the lock was given up. */
export interface LockHandlers {
  /** This tab has it now: nobody had it, or the one that did gave it up or is gone. */
  held(): void;
  /** Another tab has it; this one goes on waiting. */
  taken?(): void;
  /** Another tab has taken it away; this one does not wait for it any more. */
  lost?(): void;
}

/** Strings by name, kept by the user's browser. Where it refuses, what is set is lost without an error. */
export interface KeptStrings {
  keys(): Iterable<string>;
  get(key: string): string | null | undefined;
  set(key: string, value: string): void;
  delete(key: string): void;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after `ms`; returns the cancel function. */
  after(ms: number, callback: () => void): () => void;
}

export type Fetch = (url: string, request: HttpRequest) => Promise<HttpResponse>;

export interface HttpRequest {
  method: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** The request goes on when the page ends. */
  keepalive?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: { get(name: string): string | null };
  text(): Promise<string>;
}

export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketHandlers {
  opened(): void;
  message(text: string): void;
  /** The close code of RFC 6455 7.4; 1006 when the connection was cut. */
  closed(code: number): void;
}

/** None is called before `stream` has returned, or after the request was given up. */
export interface StreamHandlers {
  opened(status: number): void;
  text(part: string): void;
  /** The answer is over, whole or not, or there was none. */
  closed(): void;
}
