import { beforeEach, expect, test, vi } from "vitest";
import { Outbox, type Unsent } from "../src/outbox";
import fc from "./examples";
import { FakeBrowser } from "./fake-browser";

let storage: Map<string, string>;
let outbox: Outbox;

beforeEach(() => {
  storage = new Map();
  outbox = new Outbox({ storage }, "me");
});

function all(of: Outbox): Unsent[] {
  const found: Unsent[] = [];
  of.takeUp((one) => found.push(one));
  return found;
}

const unsent = (number: number) => ({ clientId: `key-${number}`, draft: { text: `text ${number}` }, since: number });

test("gives back every text after a reload, in order of writing", () => {
  const drafts = fc.record({ title: fc.string({ unit: "grapheme" }), text: fc.string({ unit: "grapheme" }) });
  fc.assert(
    fc.property(fc.array(drafts, { maxLength: 20 }), fc.nat(19), (written, taken) => {
      storage.clear();
      const before = new Outbox({ storage }, "me");
      const given = written.map((draft, index) => ({ clientId: `key-${index}`, draft, since: index }));
      for (const one of given.toReversed()) before.keep(one);
      before.forget(`key-${taken}`);
      const after = new Outbox({ storage }, "me");
      expect(all(after)).toEqual(given.filter(({ since }) => since !== taken));
    }),
  );
});

test("belongs to one person", () => {
  outbox.keep(unsent(1));
  expect(all(new Outbox({ storage }, "you"))).toEqual([]);
});

test("has a bound", () => {
  for (let number = 0; number < 60; number++) outbox.keep(unsent(number));
  expect(all(new Outbox({ storage }, "me"))).toHaveLength(50);
  expect(storage.size).toBe(50);
});

test("notices what another tab took out", () => {
  outbox.keep(unsent(1));
  const elsewhere = new Outbox({ storage }, "me");
  expect(all(elsewhere)).toHaveLength(1);
  expect(elsewhere.isTakenOut("key-1")).toBe(false);
  outbox.forget("key-1");
  expect(elsewhere.isTakenOut("key-1")).toBe(true);
});

test("goes on without a storage that keeps anything", () => {
  const refusing = { keys: () => [], get: () => null, set: () => {}, delete: () => {} };
  outbox = new Outbox({ storage: refusing }, "me");
  outbox.keep(unsent(1));
  expect(outbox.isTakenOut("key-1")).toBe(false);
  expect(all(outbox)).toEqual([]);
});

test("leaves alone what is none of its own", () => {
  storage.set("feedline.outbox.me.broken", "{");
  storage.set("feedline.outbox.me.other", '{"draft": "x"}');
  storage.set("feedline.draft.me", "mine");
  expect(all(outbox)).toEqual([]);
  expect(storage.size).toBe(3);
});

test("with locks, what another tab has sent is let go of", async () => {
  const browser = new FakeBrowser();
  const [first, second] = [browser.open(), browser.open()];
  const [writing, waiting] = [new Outbox(first, "me"), new Outbox(second, "me")];
  const taken = vi.fn();
  writing.keep(unsent(1));
  waiting.takeUp(taken);
  await browser.quiet();
  writing.forget("key-1");
  await browser.quiet();
  expect(taken).not.toHaveBeenCalled();
  const again = vi.fn();
  browser.open().locks?.hold("feedline.outbox.me.key-1", { held: again });
  await browser.quiet();
  expect(again).toHaveBeenCalledOnce();
});

test("with locks, each post is sent by one tab: the one it was written in, and after that one the next", async () => {
  const browser = new FakeBrowser();
  const [first, second, third] = [browser.open(), browser.open(), browser.open()];
  const writing = new Outbox(first, "me");
  writing.keep(unsent(1));
  writing.keep(unsent(2));
  const taken: Record<string, string[]> = { second: [], third: [] };
  const takeUp = (name: string, of: Outbox) => of.takeUp(({ clientId }) => taken[name]?.push(clientId));
  const next = new Outbox(second, "me");
  takeUp("second", next);
  takeUp("third", new Outbox(third, "me"));
  await browser.quiet();
  expect(taken).toEqual({ second: [], third: [] });
  writing.forget("key-1");
  browser.close(first);
  await browser.quiet();
  expect(taken).toEqual({ second: ["key-2"], third: [] });
  // Whoever signs out here leaves it to the other tab.
  next.close();
  await browser.quiet();
  expect(taken).toEqual({ second: ["key-2"], third: ["key-2"] });
});
