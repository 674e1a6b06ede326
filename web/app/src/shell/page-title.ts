import { useEffect } from "react";

/** What the browser's tab and history say. */
export function usePageTitle(title: string | null): void {
  useEffect(() => {
    document.title = title === null ? "Feedline" : `${title} · Feedline`;
  }, [title]);
}
