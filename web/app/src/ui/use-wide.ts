import { useSyncExternalStore } from "react";

/** As in the style sheets: from here on there is room for panels. */
const query = window.matchMedia("(min-width: 35rem)");

export function useWide(): boolean {
  return useSyncExternalStore(listen, () => query.matches);
}

function listen(listener: () => void): () => void {
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}
