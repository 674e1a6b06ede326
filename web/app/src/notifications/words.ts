import type { Notification } from "@feedline/client";

/** How many others did the same: the server's sentence begins with who did it last, and then says so. */
export function othersIn({ actor, text }: Notification): number {
  const rest = text.startsWith(actor.name) ? text.slice(actor.name.length) : "";
  return Number(/^ and (\d+) other/.exec(rest)?.[1] ?? 0);
}

/** Where it leads. */
export function placeOf({ kind, actor, postId }: Notification): string {
  if (kind === "subscription") return "/subscribers";
  if (kind === "follow" || postId === undefined) return `/u/${actor.username}`;
  return kind === "comment" ? `/p/${postId}#comments` : `/p/${postId}`;
}
