import type { PostEntry } from "@feedline/client";
import { useLayoutEffect, useMemo, useRef, useState, type FocusEventHandler, type RefObject } from "react";

interface FocusStays {
  /** The place of the post that has the focus, or had it last; -1 for none. */
  focused: number;
  /** What the list has to call when something in it gets the focus. */
  noteFocus: FocusEventHandler;
}

/** Whoever is on a post that goes away, by their own hand or by its author's, is then on the one that took its place. */
export function useFocusStays(list: RefObject<HTMLElement | null>, entries: readonly PostEntry[]): FocusStays {
  const [key, setKey] = useState<string | null>(null);
  const last = useRef(-1);
  const focused = useMemo(() => entries.findIndex((entry) => entry.key === key), [entries, key]);
  useLayoutEffect(() => {
    if (focused === -1 && last.current !== -1 && document.activeElement === document.body) {
      const index = Math.min(last.current, entries.length - 1);
      list.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true });
    }
    last.current = focused;
  }, [list, entries, focused]);
  const noteFocus: FocusEventHandler = ({ target }) => {
    const article = target.closest<HTMLElement>("[data-index]");
    setKey(entries[Number(article?.dataset.index)]?.key ?? null);
  };
  return { focused, noteFocus };
}
