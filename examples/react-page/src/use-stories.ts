import type { Post } from "@feedline/client";
import { useEffect, useState } from "react";

/** The site's own way to load its list: any will do, if it gives posts. Undefined while they are on their way. */
export function useStories(): readonly Post[] | undefined {
  const [stories, setStories] = useState<readonly Post[]>();
  useEffect(() => {
    const stop = new AbortController();
    loadStories(stop.signal).then(setStories, () => stop.signal.aborted || setStories([]));
    return () => stop.abort();
  }, []);
  return stories;
}

async function loadStories(signal: AbortSignal): Promise<readonly Post[]> {
  const answer = await fetch("/api/posts?limit=20", { signal });
  if (!answer.ok) throw new Error(`The stories answered ${answer.status}.`);
  return ((await answer.json()) as { posts: Post[] }).posts;
}
