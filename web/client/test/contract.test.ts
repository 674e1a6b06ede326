import { expect, test } from "vitest";
import codes from "../../../contract/codes.json";
import messages from "../../../contract/messages.json";
import { afterClose } from "../src/close-codes";
import { isPassing, problemFrom } from "../src/problem";
import { isControl, parseMessage } from "../src/protocol";

test.each(codes.closeCodes)("after close code $code the client does what the server means", ({ code, afterwards }) => {
  expect(afterClose(code)).toBe(afterwards);
});

test.each(codes.errors)("$code is tried again only if that may help", ({ code, status, retry }) => {
  const problem = problemFrom({ status }, JSON.stringify({ code, status }));
  expect(problem).toMatchObject({ code, status });
  expect(isPassing(problem)).toBe(retry);
});

test("every example of a message about the connection is one to the client", () => {
  for (const message of Object.values(messages.server).flat()) {
    const parsed = parseMessage(JSON.stringify(message));
    expect(parsed).toEqual(message);
    // Figures are handed on as events are, to whoever wants them.
    expect(parsed && isControl(parsed)).toBe(message.type !== "figures");
  }
});

test("every example of an event is one to the client", () => {
  for (const event of Object.values(messages.events).flat()) {
    const parsed = parseMessage(JSON.stringify(event));
    expect(parsed).toEqual(event);
    expect(parsed && isControl(parsed)).toBe(false);
  }
});
