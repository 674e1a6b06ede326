import type { Feed, PostEntry } from "@feedline/client";
import { defaultRangeExtractor, useWindowVirtualizer, type VirtualItem, type Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useState, type RefObject } from "react";
import { isAtTop } from "./use-at-top";

/** Posts on either side of the window that are on the page all the same: what the browser's search finds. */
const OVERSCAN = 30;
/** Of a post that was never on the screen, in pixels. */
const USUAL_HEIGHT = 160;

/** The heights of a feed's posts as last seen: with them the way back to the feed leads to the old place on it. */
const heights = new WeakMap<Feed, VirtualItem[]>();

/** Which posts of a long feed have to be on the page, and where; whatever changes above the reader moves nothing. */
export function useVirtualPosts(
  list: RefObject<HTMLElement | null>,
  feed: Feed,
  entries: readonly PostEntry[],
  focused: number,
): Virtualizer<Window, HTMLElement> {
  const [top, setTop] = useState(0);
  // oxlint-disable-next-line react/incompatible-library -- nothing here is compiled to memoize by itself
  const virtualizer = useWindowVirtualizer<HTMLElement>({
    count: entries.length,
    getItemKey: useCallback((index: number) => entries[index]?.key ?? index, [entries]),
    estimateSize: () => USUAL_HEIGHT,
    measureElement: (article) => article.getBoundingClientRect().height,
    initialMeasurementsCache: heights.get(feed),
    scrollMargin: top,
    overscan: OVERSCAN,
    rangeExtractor: (range) => withNeighbours(defaultRangeExtractor(range), focused, range.count),
    // At the top, what is new is to be seen; everywhere else the reader's post keeps its place.
    anchorTo: isAtTop() || browserKeepsPlace() ? "start" : "end",
    // Being at the very end is nothing special here.
    scrollEndThreshold: -1,
  });
  useLayoutEffect(() => {
    if (browserKeepsPlace()) virtualizer.shouldAdjustScrollPositionOnItemSizeChange = () => false;
  }, [virtualizer]);
  useLayoutEffect(() => {
    if (list.current) setTop(list.current.offsetTop + list.current.clientTop);
  }, [list, entries]);
  useEffect(() => () => void heights.set(feed, virtualizer.takeSnapshot()), [feed, virtualizer]);
  return virtualizer;
}

/** Whether the browser does so when something above the reader changes; unlike a script, in mid-scroll too. */
function browserKeepsPlace(): boolean {
  return CSS.supports("overflow-anchor", "auto");
}

/** The post in focus stays on the page, and those to which a key leads from it. */
function withNeighbours(shown: readonly number[], focused: number, count: number): number[] {
  if (focused === -1) return [...shown];
  const near = [focused - 1, focused, focused + 1].filter((index) => index >= 0 && index < count);
  return [...new Set([...shown, ...near])].toSorted((a, b) => a - b);
}
