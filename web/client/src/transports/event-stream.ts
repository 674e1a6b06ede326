import type { Platform } from "../platform";
import { parseMessage } from "../protocol";
import { positionQuery } from "./ask";
import { oneWay, type Source } from "./one-way";
import { closeCodeFor, isRefusal } from "./statuses";
import type { Transport } from "./transport";

const CUT = 1006;

/** Server-sent events, read from a `fetch`: unlike an `EventSource` it says what went wrong, and runs anywhere. */
export function eventStream(platform: Platform): Transport {
  return oneWay("sse", platform, source(platform));
}

function source(platform: Platform): Source {
  return (position, { message, alive, refused, closed }) => {
    const data = dataLines();
    let refusal: number | null = null;
    let problem = "";
    return platform.stream(`/api/stream${positionQuery(position)}`, {
      opened(status) {
        if (isRefusal(status)) refused();
        else if (status !== 200) refusal = status;
      },
      text(part) {
        if (refusal !== null) return void (problem += part);
        alive();
        for (const line of data(part)) {
          const heard = parseMessage(line);
          if (heard?.type === "close") closed(heard.code);
          else if (heard) message(heard);
        }
      },
      closed: () => closed(refusal === null ? CUT : closeCodeFor(refusal, problem)),
    });
  };
}

/** Takes the stream as it comes, in pieces of any size, and gives what its `data` lines hold: one message each. */
export function dataLines(): (part: string) => string[] {
  let rest = "";
  return (part) => {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    return lines.filter((line) => line.startsWith("data:")).map((line) => line.slice("data:".length));
  };
}
