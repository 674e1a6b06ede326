import { expect, test } from "vitest";
import { Feedline } from "../src/feedline";
import fc from "./examples";
import { FakeBrowser } from "./fake-browser";
import { FakeServer } from "./fake-server";
import type { FakePlatform } from "./fakes";

interface Tab {
  platform: FakePlatform;
  client: Feedline;
  isFrozen: boolean;
}

/** Those that are named twice happen more often. */
const STEPS = "other other edit delete publish publish serve serve serve serve fail drop second half-minute expire open close freeze thaw scroll top reload wake";

const step = fc.record({ what: fc.constantFrom(...STEPS.split(" ")), pick: fc.nat(1_000) });

/** A person with up to three tabs, and a server, in a world where everything may go wrong. */
class World {
  readonly browser = new FakeBrowser();
  readonly server = new FakeServer();
  readonly published: string[] = [];
  readonly dropped = new Set<string>();
  tabs: Tab[] = [];

  async open(): Promise<void> {
    const platform = this.browser.open();
    const client = new Feedline(platform);
    this.tabs.push({ platform, client, isFrozen: false });
    void client.start();
    await this.browser.quiet();
    await this.server.serve(platform);
    // A page that could not find out who is signed in has no home feed yet.
    if (client.session.state().user) client.home().open();
  }

  async take(what: string, pick: number): Promise<void> {
    const tab = this.tabs[pick % this.tabs.length] as Tab;
    if (what === "other") this.server.publish("ann", `by ann ${pick}`);
    else if (what === "edit") this.server.edit(pick);
    else if (what === "delete") this.#delete(pick);
    else if (what === "second") this.browser.clock.advance(1_000);
    else if (what === "half-minute") this.browser.clock.advance(30_000);
    else if (what === "expire") this.server.expire();
    else if (what === "open" && this.tabs.length < 3) await this.open();
    else if (what === "close" && this.tabs.length > 1) this.#close(tab);
    else if (what === "thaw") this.#thaw(tab);
    else if (!tab.isFrozen) await this.#inTab(what, tab);
    await this.browser.quiet();
  }

  /** The network is well, nobody is frozen, and time goes on. */
  async heal(): Promise<void> {
    for (const tab of this.tabs) this.#thaw(tab);
    await this.browser.quiet();
    for (let turn = 0; turn < 100; turn++) {
      await this.browser.quiet();
      for (const { platform } of this.tabs) await this.server.serve(platform);
      this.browser.clock.advance(1_000);
    }
    for (const { client } of this.tabs) void client.home().showWaiting();
    for (let turn = 0; turn < 5; turn++) {
      await this.browser.quiet();
      for (const { platform } of this.tabs) await this.server.serve(platform);
    }
  }

  async #inTab(what: string, { platform, client }: Tab): Promise<void> {
    if (what === "serve") await this.server.serve(platform);
    else if (what === "fail") await this.server.fail(platform);
    else if (what === "drop") this.server.drop(platform);
    else if (what === "wake") platform.wake();
    else if (what === "publish") {
      const text = `mine ${this.published.length}`;
      this.published.push(text);
      client.publish({ text });
    } else if (what === "freeze") this.#freeze(platform);
    else if (what === "scroll" || what === "top") client.home().setAtTop(what === "top");
    else if (what === "reload") client.refresh().catch(() => {});
  }

  #delete(pick: number): void {
    const before = this.server.posts;
    this.server.delete(pick);
    for (const { content } of before.filter((post) => !this.server.posts.includes(post))) this.dropped.add(content.text.replaceAll("+", ""));
  }

  #close(tab: Tab): void {
    this.tabs = this.tabs.filter((other) => other !== tab);
    this.browser.close(tab.platform);
  }

  #freeze(platform: FakePlatform): void {
    const tab = this.tabs.find((one) => one.platform === platform) as Tab;
    tab.isFrozen = true;
    this.browser.freeze(platform);
  }

  #thaw(tab: Tab): void {
    tab.isFrozen = false;
    this.browser.thaw(tab.platform);
  }
}

test("whatever happens, every tab ends as the server has it, and every text is there once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      const world = new World();
      await world.open();
      for (const { what, pick } of steps) {
        await world.take(what, pick);
        for (const { client } of world.tabs) {
          const keys = client.home().snapshot().entries.map(({ key }) => key);
          expect(new Set(keys).size).toBe(keys.length);
        }
      }
      await world.heal();
      const texts = world.server.posts.map(({ content }) => content.text);
      for (const { client } of world.tabs) {
        expect(client.connection.state().status).toBe("live");
        expect(client.home().snapshot().entries.map(({ post }) => post.content.text)).toEqual(texts);
      }
      for (const text of world.published) {
        const wanted = world.dropped.has(text) ? 0 : 1;
        expect([text, texts.filter((one) => one.replaceAll("+", "") === text).length]).toEqual([text, wanted]);
      }
      expect(world.tabs.flatMap(({ platform }) => platform.sockets.filter(({ closedByClient }) => !closedByClient))).toHaveLength(1);
      expect([...world.browser.storage.keys()]).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 60_000);
