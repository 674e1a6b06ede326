import { beforeEach, describe, expect, test } from "vitest";
import { Api, Feedline } from "../src";
import { created, FakePlatform, makePost, settled } from "./fakes";
import { ME } from "./fake-server";

let platform: FakePlatform;

beforeEach(() => {
  platform = new FakePlatform();
});

const seenBy = (url: RegExp) => platform.request("GET", url).headers["Seen-Cursor"]?.split(",");

describe("a read", () => {
  test("asks for nothing older than what came before, by whichever call", async () => {
    const api = new Api(platform);
    void api.posts({});
    expect(seenBy(/posts/)).toBeUndefined();
    await platform.request("GET", /posts/).answer(200, { posts: [], next: null, cursor: "list" });
    void api.publish({ text: "mine" }, "key");
    const published = platform.request("POST", /posts/);
    expect(published.headers).not.toHaveProperty("Seen-Cursor");
    await published.answer(201, { post: makePost(1), cursor: "write" });
    void api.user("ann");
    expect(seenBy(/users/)).toEqual(["list", "write"]);
  });

  test("names a few of the last answers, each once", async () => {
    const api = new Api(platform);
    for (const number of [1, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      void api.posts({});
      await platform.request("GET", /posts/).answer(200, { posts: [], next: null, cursor: `at-${number}` });
    }
    void api.user("ann");
    expect(seenBy(/users/)).toEqual([2, 3, 4, 5, 6, 7, 8, 9].map((number) => `at-${number}`));
  });

  test("asks for nothing older than what came live", async () => {
    const client = new Feedline(platform);
    void client.start();
    await platform.request("GET", /me$/).answer(200, { user: ME });
    client.everyone().open();
    await settled();
    await platform.request("GET", /posts/).answer(200, { posts: [], next: null, cursor: "list" });
    platform.socket.goLive("list");
    void client.api.user("ann");
    expect(seenBy(/users/)).toEqual(["list"]);
    platform.socket.say(created(makePost(1), "event"));
    void client.api.user("ben");
    expect(seenBy(/users\/ben/)).toEqual(["list", "event"]);
  });
});
