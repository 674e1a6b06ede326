import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from "react";
import { navigate } from "wouter/use-browser-location";

/** A link to a place in the page, for where there are hundreds of them: unlike the router's own, it listens to nothing. */
export function PlaceLink({ href, children, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }): ReactNode {
  return (
    <a {...rest} href={href} onClick={(event) => go(event, href)}>
      {children}
    </a>
  );
}

/** A new tab, or a new window, is the browser's to open. */
function go(event: MouseEvent, href: string): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  navigate(href);
}
