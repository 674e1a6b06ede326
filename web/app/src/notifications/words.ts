import type { Notification } from "@feedline/client";

/** Where it leads. */
export function placeOf({ kind, actor, postId }: Notification): string {
  if (kind === "subscription") return "/subscribers";
  if (kind === "follow" || postId === undefined) return `/u/${actor.username}`;
  return kind === "comment" ? `/p/${postId}#comments` : `/p/${postId}`;
}
