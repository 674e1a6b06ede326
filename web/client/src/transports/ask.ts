import { parsed } from "../parsed";
import type { Platform } from "../platform";
import type { ControlMessage, Cursor, FeedEvent } from "../protocol";
import { closeCodeFor } from "./statuses";

/** The answer of `GET /api/events`: the events after a cursor, up to its own. */
export interface Events {
  events: FeedEvent[];
  cursor: Cursor;
  /** The answer was full before the end of the log. */
  more?: boolean;
  /** Why the position could not be served. */
  resync?: string | null;
}

/** `body` is null if no whole answer came, `status` 0 if none at all; `code` is then that of a line which ends so. */
export interface Answer {
  readonly status: number;
  readonly body: Events | null;
  readonly code: number;
}

type Ending = ControlMessage & { type: "resync" | "caught_up" };

/** Beyond the time that the server was asked to wait. */
const PATIENCE_MS = 10_000;

/**
 * Asks for what came after a cursor; the server may wait `wait` seconds for it. Returns the function that gives it up.
 */
export function ask(
  platform: Pick<Platform, "stream" | "clock">,
  question: { channels: readonly string[]; cursor: Cursor | null; wait: number },
  answered: (answer: Answer) => void,
): () => void {
  let status = 0;
  let text = "";
  const done = () => {
    cancelDeadline();
    answered({ status, body: status === 200 ? parsed<Events>(text) : null, code: closeCodeFor(status, text) });
  };
  const cancel = platform.stream(`/api/events${positionQuery(question)}&wait=${question.wait}`, {
    opened: (given) => (status = given),
    text: (part) => (text += part),
    closed: done,
  });
  const cancelDeadline = platform.clock.after(question.wait * 1000 + PATIENCE_MS, () => {
    cancel();
    answered({ status: 0, body: null, code: closeCodeFor(0) });
  });
  return () => {
    cancelDeadline();
    cancel();
  };
}

/** What came after a cursor, as far as one answer holds it; without one, only where the log ends. */
export function askOnce(platform: Pick<Platform, "stream" | "clock">, channels: readonly string[], cursor: Cursor | null): Promise<Answer> {
  return new Promise((resolve) => {
    ask(platform, { channels, cursor, wait: 0 }, resolve);
  });
}

/** The same, answer by answer: to the end of the log, a position that is lost, or an answer that is none. */
export async function* askOn(platform: Pick<Platform, "stream" | "clock">, channels: readonly string[], cursor: Cursor): AsyncGenerator<Answer> {
  for (let from: Cursor | null = cursor; from !== null; ) {
    const answer = await askOnce(platform, channels, from);
    yield answer;
    from = answer.body?.more && !answer.body.resync ? answer.body.cursor : null;
  }
}

/** What there is to say after the last events of an answer. */
export function endOf({ cursor, resync }: Pick<Events, "cursor" | "resync">): Ending {
  return resync ? { type: "resync", reason: resync, cursor } : { type: "caught_up", cursor };
}

export function positionQuery({ channels, cursor }: { channels: readonly string[]; cursor: Cursor | null }): string {
  const from = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
  return `?channels=${encodeURIComponent(channels.join(","))}${from}`;
}
