import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { Outbox } from "../src/outbox";

let storage: Map<string, string>;
let outbox: Outbox;

beforeEach(() => {
  storage = new Map();
  outbox = new Outbox(storage, "me");
});

const unsent = (number: number) => ({ clientId: `key-${number}`, draft: { text: `text ${number}` }, since: number });

test("gives back every text after a reload, in order of writing", () => {
  const drafts = fc.record({ title: fc.string({ unit: "grapheme" }), text: fc.string({ unit: "grapheme" }) });
  fc.assert(
    fc.property(fc.array(drafts, { maxLength: 20 }), fc.nat(19), (written, taken) => {
      storage.clear();
      const before = new Outbox(storage, "me");
      const all = written.map((draft, index) => ({ clientId: `key-${index}`, draft, since: index }));
      for (const one of all.toReversed()) before.keep(one);
      before.forget(`key-${taken}`);
      const after = new Outbox(storage, "me");
      expect(after.all()).toEqual(all.filter(({ since }) => since !== taken));
    }),
  );
});

test("belongs to one person", () => {
  outbox.keep(unsent(1));
  expect(new Outbox(storage, "you").all()).toEqual([]);
});

test("has a bound", () => {
  for (let number = 0; number < 60; number++) outbox.keep(unsent(number));
  expect(outbox.all()).toHaveLength(50);
  expect(storage.size).toBe(50);
});

test("notices what another tab took out", () => {
  outbox.keep(unsent(1));
  const elsewhere = new Outbox(storage, "me");
  expect(elsewhere.all()).toHaveLength(1);
  expect(elsewhere.isTakenOut("key-1")).toBe(false);
  outbox.forget("key-1");
  expect(elsewhere.isTakenOut("key-1")).toBe(true);
});

test("goes on without a storage that keeps anything", () => {
  const refusing = { keys: () => [], get: () => null, set: () => {}, delete: () => {} };
  outbox = new Outbox(refusing, "me");
  outbox.keep(unsent(1));
  expect(outbox.isTakenOut("key-1")).toBe(false);
  expect(outbox.all()).toEqual([]);
});

test("leaves alone what is none of its own", () => {
  storage.set("feedline.outbox.me.broken", "{");
  storage.set("feedline.outbox.me.other", '{"draft": "x"}');
  storage.set("feedline.draft.me", "mine");
  expect(outbox.all()).toEqual([]);
  expect(storage.size).toBe(3);
});
