import type { PostEntry } from "@feedline/client";
import { useLayoutEffect, useRef, type FocusEventHandler, type RefObject } from "react";

/**
 * Whoever is on a post that goes away, by their own hand or by its author's, is then on the one that took its place.
 * Returns what the list has to call when something in it gets the focus.
 */
export function useFocusStays(list: RefObject<HTMLElement | null>, entries: readonly PostEntry[]): FocusEventHandler {
  const last = useRef<{ key: string; index: number } | null>(null);
  useLayoutEffect(() => {
    if (!last.current || document.activeElement !== document.body) return;
    const { key, index } = last.current;
    if (entries.some((entry) => entry.key === key)) return;
    last.current = null;
    articlesIn(list.current).at(Math.min(index, entries.length - 1))?.focus({ preventScroll: true });
  }, [list, entries]);
  return ({ target }) => {
    const index = articlesIn(list.current).findIndex((article) => article.contains(target));
    const entry = entries[index];
    last.current = entry ? { key: entry.key, index } : null;
  };
}

export function articlesIn(list: HTMLElement | null): HTMLElement[] {
  return Array.from(list?.querySelectorAll<HTMLElement>("article") ?? []);
}
