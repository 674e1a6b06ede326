import type { Platform } from "../platform";
import type { Cursor, FeedEvent } from "../protocol";

/** The answer of `GET /api/events`: the events after a cursor, up to its own. */
export interface Events {
  events: FeedEvent[];
  cursor: Cursor;
  /** The answer was full before the end of the log. */
  more?: boolean;
  /** Why the position could not be served. */
  resync?: string | null;
}

/** Beyond the time that the server was asked to wait. */
const PATIENCE_MS = 10_000;

/**
 * Asks for what came after a cursor; the server may wait `wait` seconds for it. `body` is null if no whole answer came,
 * `status` 0 if none at all. Returns the function that gives it up.
 */
export function ask(
  platform: Pick<Platform, "stream" | "clock">,
  question: { channels: readonly string[]; cursor: Cursor | null; wait: number },
  answered: (status: number, body: Events | null) => void,
): () => void {
  let status = 0;
  let text = "";
  const done = () => {
    cancelDeadline();
    answered(status, status === 200 ? parse(text) : null);
  };
  const cancel = platform.stream(`/api/events${positionQuery(question)}&wait=${question.wait}`, {
    opened: (given) => (status = given),
    text: (part) => (text += part),
    closed: done,
  });
  const cancelDeadline = platform.clock.after(question.wait * 1000 + PATIENCE_MS, () => {
    cancel();
    answered(0, null);
  });
  return () => {
    cancelDeadline();
    cancel();
  };
}

export interface Answer {
  readonly status: number;
  readonly body: Events | null;
}

/** What came after a cursor, as far as one answer holds it; without one, only where the log ends. */
export function askOnce(platform: Pick<Platform, "stream" | "clock">, channels: readonly string[], cursor: Cursor | null): Promise<Answer> {
  return new Promise((resolve) => {
    ask(platform, { channels, cursor, wait: 0 }, (status, body) => resolve({ status, body }));
  });
}

export function positionQuery({ channels, cursor }: { channels: readonly string[]; cursor: Cursor | null }): string {
  const from = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
  return `?channels=${encodeURIComponent(channels.join(","))}${from}`;
}

function parse(text: string): Events | null {
  try {
    return JSON.parse(text) as Events;
  } catch {
    return null;
  }
}
