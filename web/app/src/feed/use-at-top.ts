import type { Feed } from "@feedline/client";
import { useEffect } from "react";

/** Less than this is the elastic of a trackpad, not reading further down. */
const TOP_PX = 8;

/** Tells the feed whether the reader is at its top. */
export function useAtTop(feed: Feed): void {
  useEffect(() => {
    const look = () => feed.setAtTop(window.scrollY <= TOP_PX);
    look();
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, [feed]);
}

/** Goes to the top; smoothly only for those who like motion. */
export function scrollToTop(): void {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  window.scrollTo({ top: 0, behavior: still ? "instant" : "smooth" });
}
