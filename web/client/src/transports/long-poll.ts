import type { Platform } from "../platform";
import type { Cursor } from "../protocol";
import { ask, endOf, type Events } from "./ask";
import { oneWay, type Source } from "./one-way";
import { isRefusal } from "./statuses";
import type { Transport } from "./transport";

/** How long the server may wait for events: less than the patience of most proxies. */
const WAIT_SECONDS = 20;
/** Seconds in which an answer has to come, events or not. */
const HEARTBEAT_SECONDS = WAIT_SECONDS + 5;

/** One question after another, each answered as soon as there are events. */
export function longPoll(platform: Platform): Transport {
  return oneWay("poll", platform, source(platform));
}

function source(platform: Platform): Source {
  return ({ channels, cursor }, { message, refused, closed }) => {
    let cancel = () => {};
    const next = (from: Cursor | null, wait: number, handle: (body: Events) => void) => {
      cancel = ask(platform, { channels, cursor: from, wait }, ({ status, body, code }) => {
        if (body) handle(body);
        else if (isRefusal(status)) refused();
        else closed(code);
      });
    };
    const begin = (body: Events) => {
      const granted = channels.map((channel) => ({ channel, ok: true }));
      const from = cursor ?? body.cursor;
      message({ type: "connected", userId: null, cursor: from, heartbeat: HEARTBEAT_SECONDS, channels: granted });
      goOn(body);
    };
    const goOn = (body: Events) => {
      for (const event of body.events) message(event);
      if (body.resync || !body.more) message(endOf(body));
      next(body.cursor, body.more ? 0 : WAIT_SECONDS, goOn);
    };
    next(cursor, 0, begin);
    return () => cancel();
  };
}
