import { expect, test } from "vitest";
import { delayBefore } from "../src/backoff";
import { afterClose } from "../src/close-codes";
import fc from "./examples";

const attempt = fc.nat(1_000);
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("a delay is never zero for ever, nor longer than half a minute", () => {
  fc.assert(
    fc.property(attempt, random, (n, r) => {
      const delay = delayBefore(n, "back-off", r);
      expect(delay).toBeGreaterThanOrEqual(250);
      expect(delay).toBeLessThanOrEqual(30_000);
    }),
  );
});

test("a pause is longer than any back-off of the same attempt", () => {
  fc.assert(fc.property(attempt, random, (n, r) => delayBefore(n, "pause", r) > delayBefore(n, "back-off", r)));
});

test.each([
  [1000, "back-off"],
  [1001, "back-off"],
  [1006, "back-off"],
  [1009, "back-off"],
  [1012, "spread"],
  [3999, "back-off"],
  [4000, "new-credentials"],
  [4007, "new-credentials"],
  [4008, "pause"],
  [4019, "pause"],
  [4020, "back-off"],
])("close code %i: %s", (code, next) => {
  expect(afterClose(code)).toBe(next);
});
