import type { Feedline } from "@feedline/client";
import { Likes } from "@feedline/client/likes";
import { useFeedline } from "./provider";

/** One for each client: what is on its way in one place is known in all. */
const everywhere = new WeakMap<Feedline, Likes>();

/** Liking posts; the posts themselves say what is liked. */
export function useLikes(): Likes {
  const client = useFeedline();
  const likes = everywhere.get(client) ?? new Likes(client);
  everywhere.set(client, likes);
  return likes;
}
