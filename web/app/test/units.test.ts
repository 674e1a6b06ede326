import { expect, test } from "vitest";
import { clockTime } from "../src/admin/figures/units";

test("a time under a chart is short enough for its end, in every language", () => {
  const evening = new Date(2026, 0, 22, 18, 19, 20).getTime();
  for (const language of ["en", "ru"] as const) {
    expect(clockTime(evening, language, true)).toBe("18:19:20");
    expect(clockTime(evening, language, false)).toBe("18:19");
  }
});
