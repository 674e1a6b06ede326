import { useLayoutEffect, useRef, type FocusEventHandler, type RefObject } from "react";

interface MoreFocus {
  /** What the button has to be given that shows more of the list. */
  onFocus: FocusEventHandler;
  onBlur: FocusEventHandler;
}

/**
 * Whoever is on the button that shows more of a list when more comes, or when there is none and the button goes, is then
 * on the first of what came. `keys` are those of the rows, in the list's own elements or marked by their index.
 */
export function useFocusOnMore(list: RefObject<HTMLElement | null>, keys: readonly string[], hasMore: boolean): MoreFocus {
  const isOn = useRef(false);
  const last = keys.at(-1);
  const before = useRef(last);
  useLayoutEffect(() => {
    const place = keys.lastIndexOf(before.current ?? "");
    before.current = last;
    const hasCome = place >= 0 && place < keys.length - 1;
    if (!isOn.current || (hasMore && !hasCome)) return;
    isOn.current = false;
    const index = hasCome ? place + 1 : keys.length - 1;
    const row = list.current?.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? list.current?.children[index];
    focusIn(row);
  }, [list, keys, last, hasMore]);
  return {
    onFocus: () => (isOn.current = true),
    // Without a successor it is the window that was left, or the button that has gone.
    onBlur: ({ relatedTarget }) => (isOn.current &&= relatedTarget === null),
  };
}

function focusIn(row: Element | undefined): void {
  if (!(row instanceof HTMLElement)) return;
  const target = row.tabIndex >= 0 ? row : row.querySelector<HTMLElement>("a[href], button");
  target?.focus();
}
