import { expect, test } from "vitest";
import { chosenLanguage } from "../src/i18n";
import { en } from "../src/i18n/en";
import { ru } from "../src/i18n/ru";
import { hueOf } from "../src/ui/avatar";
import { ago } from "../src/ui/time";

test.each([
  { stored: null, preferred: ["ru-RU", "en"], language: "ru" },
  { stored: null, preferred: ["de", "ru"], language: "ru" },
  { stored: null, preferred: ["de", "fr"], language: "en" },
  { stored: "en", preferred: ["ru"], language: "en" },
  { stored: "nonsense", preferred: ["ru"], language: "ru" },
  { stored: null, preferred: [], language: "en" },
])("language of $preferred, having chosen $stored: $language", ({ stored, preferred, language }) => {
  expect(chosenLanguage(stored, preferred)).toBe(language);
});

test("everything is said in both languages", () => {
  expect(Object.keys(ru)).toEqual(Object.keys(en));
  const same = Object.keys(en).filter((key) => en[key as keyof typeof en] === ru[key as keyof typeof ru]);
  expect(same).toEqual(["appName"]);
});

test("numbers agree with their nouns", () => {
  expect([1, 2, 5].map(en.newPosts)).toEqual(["1 new post", "2 new posts", "5 new posts"]);
  expect([1, 2, 5, 11, 21].map(ru.newPosts)).toEqual([
    "1 новая запись",
    "2 новые записи",
    "5 новых записей",
    "11 новых записей",
    "21 новая запись",
  ]);
  expect([1, 2].map(en.andOthers)).toEqual([" and 1 other", " and 2 others"]);
  expect([1, 2, 5, 21].map(ru.andOthers)).toEqual([
    " и ещё 1 человек",
    " и ещё 2 человека",
    " и ещё 5 человек",
    " и ещё 21 человек",
  ]);
});

test.each([
  { passed: -5_000, label: "now" },
  { passed: 59_000, label: "now" },
  { passed: 60_000, label: "1 min" },
  { passed: 3_599_000, label: "59 min" },
  { passed: 3_600_000, label: "1 hr" },
  { passed: 86_399_000, label: "23 hr" },
])("$passed ms ago is $label", ({ passed, label }) => {
  const now = Date.parse("2026-01-22T10:00:00Z");
  expect(ago(now - passed, now, "en", en.justNow)).toBe(label);
});

test("older than a day is a date, with its year only if it is another one", () => {
  const now = Date.parse("2026-06-22T10:00:00Z");
  expect(ago(Date.parse("2026-06-01T12:00:00Z"), now, "en", en.justNow)).toBe("Jun 1");
  expect(ago(Date.parse("2025-06-01T12:00:00Z"), now, "en", en.justNow)).toBe("Jun 1, 2025");
});

test("a person's colour stays, and people get different ones", () => {
  expect(hueOf("0194-a")).toBe(hueOf("0194-a"));
  const hues = new Set(Array.from({ length: 60 }, (_, index) => hueOf(`01a208fe-f351-7000-8d5b-8671${index}`)));
  expect(hues.size).toBe(12);
});
