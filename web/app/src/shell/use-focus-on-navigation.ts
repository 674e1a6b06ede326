import { useEffect, useRef, type RefObject } from "react";
import { useLocation } from "wouter";

/** Whoever followed a link that is gone with its page goes on at the beginning of the next one, not of the window. */
export function useFocusOnNavigation(main: RefObject<HTMLElement | null>): void {
  const [location] = useLocation();
  const before = useRef(location);
  useEffect(() => {
    if (before.current !== location && document.activeElement === document.body) main.current?.focus({ preventScroll: true });
    before.current = location;
  }, [location, main]);
}
