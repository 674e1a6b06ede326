import type { Feed } from "@feedline/client";
import { useEffect } from "react";

/** Less than this is the elastic of a trackpad, not reading further down. */
const TOP_PX = 8;

export function isAtTop(): boolean {
  return window.scrollY <= TOP_PX;
}

/** Tells the feed whether the reader is at its top. */
export function useAtTop(feed: Feed): void {
  useEffect(() => {
    const look = () => feed.setAtTop(isAtTop());
    look();
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, [feed]);
}

/** At once: on a smooth way there, what comes in at the top would move the goal. */
export function scrollToTop(): void {
  window.scrollTo({ top: 0, behavior: "instant" });
  // The browser says so with the next frame; the list has to know before it takes in what is new.
  window.dispatchEvent(new Event("scroll"));
}
