import type { KeptStrings, Platform, Socket, SocketHandlers, StreamHandlers, Tabs } from "./platform";

const NEVER_OPENED = 1006;
const OWN: RequestInit = { credentials: "same-origin", cache: "no-store" };

/** What a browser page offers the client. */
export function browserPlatform(): Platform {
  return {
    clock: { now: () => Date.now(), after },
    random: () => Math.random(),
    newId,
    fetch: (url, request) => fetch(url, { ...request, ...OWN }),
    openSocket,
    stream,
    onWake,
    onHide,
    ...(typeof BroadcastChannel === "function" && { tabs: tabs() }),
    storage,
    afterPaint,
    isShown: (postId) => document.querySelector(`[data-post-id="${CSS.escape(postId)}"]`) !== null,
  };
}

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/** `crypto.randomUUID` is there only on https and localhost; a self-hosted server may be neither. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function openSocket(path: string, handlers: SocketHandlers): Socket {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = newSocket(url);
  if (!socket) {
    // As any failure, it is told after this call.
    setTimeout(() => handlers.closed(NEVER_OPENED));
    return { send: () => {}, close: () => {} };
  }
  socket.addEventListener("open", () => handlers.opened());
  socket.addEventListener("message", (event: MessageEvent<unknown>) => handlers.message(String(event.data)));
  socket.addEventListener("close", (event) => handlers.closed(event.code));
  return {
    send: (text) => {
      // While it closes there is nobody to hear it, and the browser would complain.
      if (socket.readyState === socket.OPEN) socket.send(text);
    },
    close: () => socket.close(),
  };
}

/** Null where the browser has no sockets or forbids them: a connection that fails, not the end of the page. */
function newSocket(url: URL): WebSocket | null {
  try {
    return new WebSocket(url);
  } catch {
    return null;
  }
}

function stream(path: string, handlers: StreamHandlers): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  read(path, handlers, signal)
    .catch(() => {})
    .finally(() => signal.aborted || handlers.closed());
  return () => controller.abort();
}

async function read(path: string, handlers: StreamHandlers, signal: AbortSignal): Promise<void> {
  const response = await fetch(path, { ...OWN, signal });
  handlers.opened(response.status);
  // Where a browser can't read piece by piece, the answer comes whole.
  const reader = response.body?.getReader();
  if (!reader) return handlers.text(await response.text());
  const decoder = new TextDecoder();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    handlers.text(decoder.decode(part.value, { stream: true }));
  }
}

function onWake(listener: () => void): () => void {
  const seen = () => document.visibilityState === "visible" && listener();
  const controller = new AbortController();
  const { signal } = controller;
  document.addEventListener("visibilitychange", seen, { signal });
  for (const type of ["focus", "online", "offline", "pageshow"]) window.addEventListener(type, listener, { signal });
  return () => controller.abort();
}

function tabs(): Tabs {
  const channel = new BroadcastChannel("feedline");
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no other origins
    tell: (text) => channel.postMessage(text),
    listen: (listener) =>
      channel.addEventListener("message", (event: MessageEvent<unknown>) => listener(String(event.data))),
  };
}

function onHide(listener: () => void): () => void {
  const hidden = () => document.visibilityState === "hidden" && listener();
  const controller = new AbortController();
  const { signal } = controller;
  document.addEventListener("visibilitychange", hidden, { signal });
  window.addEventListener("pagehide", listener, { signal });
  return () => controller.abort();
}

/** A frame callback runs just before its paint, a task after it. A hidden page has neither. */
function afterPaint(callback: (painted: boolean) => void): void {
  if (document.hidden) return void setTimeout(callback, 0, false);
  const frame = requestAnimationFrame(() => {
    document.removeEventListener("visibilitychange", hidden);
    setTimeout(callback, 0, true);
  });
  function hidden(): void {
    cancelAnimationFrame(frame);
    callback(false);
  }
  document.addEventListener("visibilitychange", hidden, { once: true });
}

/** `localStorage`; a browser may forbid it, or have no room left. */
const storage: KeptStrings = {
  keys: () => attempt(() => Object.keys(localStorage)) ?? [],
  get: (key) => attempt(() => localStorage.getItem(key)),
  set: (key, value) => void attempt(() => localStorage.setItem(key, value)),
  delete: (key) => void attempt(() => localStorage.removeItem(key)),
};

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
