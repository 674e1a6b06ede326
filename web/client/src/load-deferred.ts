export type Deferred = typeof import("./deferred");

let loaded: Deferred | null = null;
let tries = 0;

/** Loads what can be loaded later. Rejects where that does not work now; it may the next time. */
export async function loadDeferred(): Promise<Deferred> {
  if (loaded) return loaded;
  const again = (error: unknown) => importAgain<Deferred>(error, (url) => import(/* @vite-ignore */ url));
  return (loaded = await import("./deferred").catch(again));
}

/** Does something with it: at once, if it is here. */
export function withDeferred(work: (deferred: Deferred) => void, failed?: () => void): void {
  if (loaded) work(loaded);
  else loadDeferred().then(work, () => failed?.());
}

/**
 * Browsers may keep the failure of an import for as long as the page lives (HTML allowed that until 2026), but only under
 * its address. Which one that was is for the bundler to know; the browser says it in the error.
 */
export function importAgain<T>(error: unknown, load: (url: string) => Promise<T>): Promise<T> {
  const url = /\w+:\/\/\S+?\.js/.exec(String(error))?.[0];
  if (url === undefined) throw error;
  tries += 1;
  return load(`${url}?try=${tries}`);
}
