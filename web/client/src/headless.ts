import { readStream } from "./http-stream";
import type { Platform } from "./platform";
import { openWebSocket } from "./web-sockets";

export interface HeadlessOptions {
  /** Where the server is. */
  url: string;
  /** Of whoever is signed in. In a worker of a page the page's cookie does as well. */
  token?: string;
}

/** What Node, workers and other runtimes without a page offer the client; it needs `fetch` and `WebSocket`. */
export function headlessPlatform({ url, token }: HeadlessOptions): Platform {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const at = (path: string): string => new URL(path, url).href;
  const openSocket = (path: string): WebSocket => {
    const address = at(path).replace(/^http/, "ws");
    // Outside of browsers a WebSocket takes headers; inside they are forbidden, and the cookie goes along by itself.
    return token === undefined ? new WebSocket(address) : new WebSocket(address, { headers } as unknown as string[]);
  };
  return {
    clock: { now: () => Date.now(), after },
    random: () => Math.random(),
    newId: () => crypto.randomUUID(),
    fetch: (path, request) => fetch(at(path), { ...request, headers: { ...headers, ...request.headers } }),
    openSocket: (path, handlers) => openWebSocket(() => openSocket(path), handlers),
    stream: (path, handlers) => readStream((signal) => fetch(at(path), { headers, signal }), handlers),
    onWake: () => nothing,
    onHide: () => nothing,
    storage: new Map<string, string>(),
    // Nobody sees anything, and everything counts as shown.
    afterPaint: (callback) => void setTimeout(callback, 0, false),
    isShown: () => true,
  };
}

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

const nothing = (): void => {};
