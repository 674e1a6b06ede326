import { afterEach, beforeEach, expect, test, vi } from "vitest";

/** The module as a fresh page has it. */
let loading: typeof import("../src/load-deferred");

beforeEach(async () => {
  vi.resetModules();
  loading = await import("../src/load-deferred");
});

afterEach(() => void vi.doUnmock("../src/deferred"));

test("what is loaded later is there at once from then on", async () => {
  const { fallbacks } = await loading.loadDeferred();
  const work = vi.fn();
  loading.withDeferred(work);
  expect(work).toHaveBeenCalledOnce();
  expect(work.mock.calls[0]?.[0]).toMatchObject({ fallbacks });
});

test("a load that fails is told, and the next one may work", async () => {
  vi.doMock("../src/deferred", () => {
    throw new Error("the network is down");
  });
  const failed = vi.fn();
  loading.withDeferred(() => {}, failed);
  await vi.waitFor(() => expect(failed).toHaveBeenCalledOnce(), 30_000);
  vi.doUnmock("../src/deferred");
  await expect(loading.loadDeferred()).resolves.toHaveProperty("fallbacks");
});

test.each([
  ["Chromium", "TypeError: Failed to fetch dynamically imported module: https://feed.example/assets/deferred-B6_Jh.js"],
  ["Firefox", "TypeError: error loading dynamically imported module: https://feed.example/assets/deferred-B6_Jh.js"],
])("what %s says of a failed load leads to another address, a new one each time", async (_, text) => {
  const asked: string[] = [];
  const load = async (url: string) => asked.push(url);
  await loading.importAgain(text, load);
  await loading.importAgain(text, load);
  expect(asked).toEqual([1, 2].map((number) => `https://feed.example/assets/deferred-B6_Jh.js?try=${number}`));
});

test("an error without an address stays as it is", () => {
  expect(() => loading.importAgain(new Error("Importing a module script failed."), async () => {})).toThrow("Importing");
});
