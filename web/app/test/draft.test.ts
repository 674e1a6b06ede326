import { ApiProblem, Unreachable } from "@feedline/client";
import { beforeEach, expect, test } from "vitest";
import { check, EMPTY_FORM, FIELDS, formOf, isBlank, lengthOf, LIMITS, tagsIn, toDraft } from "../src/composer/draft";
import { keepDraft, keptDraft } from "../src/composer/kept-draft";
import { en } from "../src/i18n/en";
import { byField } from "../src/problems";

const form = (part: Partial<typeof EMPTY_FORM>) => ({ ...EMPTY_FORM, ...part });

beforeEach(() => localStorage.clear());

test.each([
  { part: { text: "hello" }, wrong: [] },
  { part: { title: "hello" }, wrong: [] },
  { part: {}, wrong: ["text"] },
  { part: { text: "  \n", tags: "a" }, wrong: ["text"] },
  { part: { text: "x".repeat(LIMITS.text) }, wrong: [] },
  { part: { text: "x".repeat(LIMITS.text + 1) }, wrong: ["text"] },
  { part: { title: "😀".repeat(LIMITS.title) }, wrong: [] },
  { part: { title: "x".repeat(LIMITS.title + 1), text: "x" }, wrong: ["title"] },
  { part: { text: "x", category: "x".repeat(LIMITS.category + 1) }, wrong: ["category"] },
  { part: { text: "x", tags: "1,2,3,4,5,6,7,8,9,10" }, wrong: [] },
  { part: { text: "x", tags: "1,2,3,4,5,6,7,8,9,10,11" }, wrong: ["tags"] },
  { part: { text: "x", tags: "x".repeat(LIMITS.tag + 1) }, wrong: ["tags"] },
])("what is wrong with case %#: $wrong", ({ part, wrong }) => {
  expect(Object.keys(check(form(part), en))).toEqual(wrong);
});

test("characters are counted as the server counts them", () => {
  expect(lengthOf("a😀é")).toBe(3);
});

test("tags are split, trimmed and told apart", () => {
  expect(tagsIn(" one, #two ,,one,\nthree four ")).toEqual(["one", "two", "three four"]);
});

test("a draft survives the way to a form and back", () => {
  const draft = { title: "T", text: "Line\nline", tags: ["a", "b c"], category: "news" };
  expect(toDraft(formOf(draft))).toEqual(draft);
  expect(toDraft(formOf({}))).toEqual({ title: "", text: "", tags: [], category: null });
});

test("what a person has begun is kept, for that person", () => {
  keepDraft("me", form({ text: "begun" }));
  expect(keptDraft("me").text).toBe("begun");
  expect(isBlank(keptDraft("somebody"))).toBe(true);
  keepDraft("me", EMPTY_FORM);
  expect(localStorage.length).toBe(0);
});

test.each(["", "null", "7", "{", '{"text":5,"other":"x"}'])("a broken draft %j is none", (stored) => {
  localStorage.setItem("feedline.draft.me", stored);
  expect(keptDraft("me")).toEqual(EMPTY_FORM);
});

test("the server's findings go to their fields", () => {
  const errors = [
    { path: "tags.3", message: "too long" },
    { path: "title", message: "no" },
    { path: "title", message: "again no" },
    { path: "mediaId", message: "unknown" },
  ];
  const problem = new ApiProblem(422, "validation_failed", "not right", errors);
  expect(byField(problem, FIELDS, en)).toEqual({ tags: "too long", title: "no", mediaId: "unknown" });
  expect(byField(new ApiProblem(403, "forbidden", "not yours"), FIELDS, en)).toEqual({ "": "not yours" });
  expect(byField(new Unreachable("x"), FIELDS, en)).toEqual({ "": en.errorUnreachable });
});
