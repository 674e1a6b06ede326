import { useEffect } from "react";

/** A new page begins at its top; the browser itself finds the old place on the way back. */
export function useScrollOnNavigation(): void {
  useEffect(() => {
    const toTop = () => window.scrollTo({ top: 0, behavior: "instant" });
    // The router announces each of its navigations by this event.
    window.addEventListener("pushState", toTop);
    return () => window.removeEventListener("pushState", toTop);
  }, []);
}
