import { VisiblePosts } from "@feedline/client/visible-posts";
import { useEffect, useMemo } from "react";
import { useFeedline } from "./provider";
import { useSession } from "./use-session";

/** Notes that an element with a `data-post-id` is on the page, until the returned function is called. */
export type WatchPost = (element: HTMLElement) => () => void;

/** Keeps the likes and comments of the posts in sight live, among those whose elements it is given; null for strangers. */
export function useVisiblePosts(): WatchPost | null {
  const client = useFeedline();
  const viewerId = useSession().user?.id ?? null;
  const sight = useMemo(() => (viewerId === null ? null : new Sight(new VisiblePosts(client))), [client, viewerId]);
  useEffect(() => sight?.open(), [sight]);
  return sight?.watch ?? null;
}

/** Tells which elements are in the window. */
class Sight {
  readonly #posts: VisiblePosts;
  readonly #elements = new Set<HTMLElement>();
  /** Under which id an element was last seen: an own post gets another one when it is published. */
  readonly #seen = new Map<Element, string>();
  #observer: IntersectionObserver | null = null;

  constructor(posts: VisiblePosts) {
    this.#posts = posts;
  }

  readonly open = (): (() => void) => {
    this.#observer = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) this.#changed(target, isIntersecting);
    });
    for (const element of this.#elements) this.#observer.observe(element);
    return () => {
      this.#observer?.disconnect();
      this.#observer = null;
      this.#seen.clear();
      this.#posts.close();
    };
  };

  readonly watch: WatchPost = (element) => {
    this.#elements.add(element);
    this.#posts.drawn(idOf(element));
    this.#observer?.observe(element);
    return () => {
      this.#elements.delete(element);
      this.#observer?.unobserve(element);
      this.#changed(element, false);
    };
  };

  #changed(element: Element, isInSight: boolean): void {
    const before = this.#seen.get(element);
    const id = idOf(element);
    if (before !== undefined && (before !== id || !isInSight)) this.#posts.left(before);
    this.#seen.delete(element);
    if (!isInSight) return;
    this.#seen.set(element, id);
    this.#posts.entered(id);
  }
}

function idOf(element: Element): string {
  return element.getAttribute("data-post-id") ?? "";
}
