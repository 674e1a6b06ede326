import { useEffect } from "react";

const NAME = "Feedline";

const shown = { title: null as string | null, unread: 0 };

/** What the browser's tab and history say. */
export function usePageTitle(title: string | null): void {
  useEffect(() => {
    shown.title = title;
    draw();
  }, [title]);
}

/** How many notifications are unread, in front of the title. */
export function showUnread(unread: number): void {
  shown.unread = unread;
  draw();
}

function draw(): void {
  const title = shown.title === null ? NAME : `${shown.title} · ${NAME}`;
  document.title = shown.unread > 0 ? `(${shown.unread}) ${title}` : title;
}
