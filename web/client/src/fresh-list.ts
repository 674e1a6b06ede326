import type { PostPage } from "./api";
import type { FeedSource } from "./feed-sources";
import type { Post } from "./protocol";
import { isNewer, type Placed } from "./timeline";

export const PAGE_SIZE = 20;
/** The server's own limit. */
const LARGEST_PAGE = 100;
/** Posts that a reload asks for; of a longer list the rest stays as it was while the reader is down there. */
const LONGEST_RELOAD = 500;

/** A list that was loaded anew; `complete` if it is as long as was wanted and reaches down to the end of the old one. */
export interface FreshList extends PostPage {
  complete: boolean;
}

/**
 * A list from its top, at the position of its first page: what comes after that comes live. It has `size` posts, and
 * more if `end` is further down: somebody may be reading there.
 */
export async function loadAnew(source: FeedSource, size: number, end: Placed | undefined): Promise<FreshList> {
  const posts: Post[] = [];
  const load = async (page: string | null, missing: number) => {
    const answer = await source.load(page, Math.min(LARGEST_PAGE, missing));
    posts.push(...answer.posts);
    return answer;
  };
  const wanted = Math.min(LONGEST_RELOAD, size);
  const isShort = () => posts.length < wanted || (end !== undefined && posts.slice(-1).some((last) => isNewer(last, end)));
  const first = await load(null, Math.max(PAGE_SIZE, wanted));
  let { next } = first;
  while (next !== null && posts.length < LONGEST_RELOAD && isShort()) {
    ({ next } = await load(next, wanted > posts.length ? wanted - posts.length : LARGEST_PAGE));
  }
  return { posts, next, cursor: first.cursor, complete: next === null || !isShort() };
}
