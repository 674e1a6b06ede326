import { attempt } from "./attempt";
import { readStream } from "./http-stream";
import type { KeptStrings, LockHandlers, Platform, TabChannel } from "./platform";
import { openWebSocket } from "./web-sockets";

const OWN: RequestInit = { credentials: "same-origin", cache: "no-store" };

/** What a browser page offers the client. */
export function browserPlatform(): Platform {
  return {
    clock: { now: () => Date.now(), after },
    random: () => Math.random(),
    newId,
    fetch: (url, request) => fetch(url, { ...request, ...OWN }),
    openSocket: (path, handlers) => openWebSocket(() => new WebSocket(location.origin.replace("http", "ws") + path), handlers),
    stream: (path, handlers) => readStream((signal) => fetch(path, { ...OWN, signal }), handlers),
    onWake: (listener) => listen(listener, "visible", "focus", "online", "offline", "pageshow"),
    onHide: (listener) => listen(listener, "hidden", "pagehide"),
    tabs: { join },
    // Only secure pages have locks: https and localhost.
    ...(navigator.locks && { locks: { hold } }),
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
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

function join(name: string, hear: (message: unknown) => void): TabChannel {
  // Firefox refuses it where it keeps nothing for a page.
  const channel = attempt(() => new BroadcastChannel(name));
  channel?.addEventListener("message", ({ data }: MessageEvent<unknown>) => hear(data));
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no other origins
    tell: (message) => channel?.postMessage(message),
    leave: () => channel?.close(),
  };
}

function hold(name: string, { held, taken, lost }: LockHandlers, steal = false): () => void {
  const waiting = new AbortController();
  const { signal } = waiting;
  let giveUp = () => {};
  const keep = (lock: Lock | null): Promise<boolean> | false => {
    if (!lock) return false;
    if (!signal.aborted) held();
    return new Promise((resolve) => {
      giveUp = () => resolve(true);
      if (signal.aborted) giveUp();
    });
  };
  navigator.locks
    .request(name, steal ? { steal } : { ifAvailable: true }, keep)
    .then((had) => {
      if (had || signal.aborted) return had;
      taken?.();
      return navigator.locks.request(name, { signal }, keep);
    })
    .catch((error: unknown) => {
      if (signal.aborted) return;
      if ((error as Error).name === "AbortError") lost?.();
      // A browser that keeps nothing for this page has no locks for it either: each tab is alone.
      else held();
    });
  return () => {
    waiting.abort();
    giveUp();
  };
}

/** Hears of a visibility, and of what happens to the window. */
function listen(listener: () => void, visibility: DocumentVisibilityState, ...types: string[]): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const changed = () => document.visibilityState === visibility && listener();
  document.addEventListener("visibilitychange", changed, { signal });
  for (const type of types) window.addEventListener(type, listener, { signal });
  return () => controller.abort();
}

/** A frame callback runs just before its paint, a task after it. A hidden page has neither. */
function afterPaint(callback: (painted: boolean) => void): void {
  if (document.hidden) return void setTimeout(callback, 0, false);
  const frame = requestAnimationFrame(() => {
    stop();
    setTimeout(callback, 0, true);
  });
  const stop = listen(() => {
    stop();
    cancelAnimationFrame(frame);
    callback(false);
  }, "hidden");
}

/** `localStorage`; a browser may forbid it, or have no room left. */
const storage: KeptStrings = {
  keys: () => attempt(() => Object.keys(localStorage)) ?? [],
  get: (key) => attempt(() => localStorage.getItem(key)),
  set: (key, value) => void attempt(() => localStorage.setItem(key, value)),
  delete: (key) => void attempt(() => localStorage.removeItem(key)),
};
