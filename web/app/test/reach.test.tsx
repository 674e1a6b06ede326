import { Feedline } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakePlatform, makePost, settled } from "../../client/test/fakes";
import { PostCard } from "../src/feed/post-card";
import type { Reach } from "../src/feed/reach-line";
import { LanguageProvider } from "../src/i18n";
import { ToastProvider } from "../src/ui/toasts";

let platform: FakePlatform;

beforeEach(() => {
  localStorage.clear();
  platform = new FakePlatform();
});

afterEach(cleanup);

function open(createdAt: string, viewerId = "ann", full = true): void {
  const post = { ...makePost(1), createdAt };
  render(
    <LanguageProvider>
      <ToastProvider>
        <FeedlineProvider client={new Feedline(platform)}>
          <PostCard entry={{ key: post.id, post, delivery: "sent", error: null }} viewerId={viewerId} full={full} />
        </FeedlineProvider>
      </ToastProvider>
    </LanguageProvider>,
  );
}

async function after(ms: number): Promise<void> {
  await act(async () => {
    platform.clock.advance(ms);
    await settled();
  });
}

async function told(reach: Reach): Promise<void> {
  await act(async () => {
    await platform.request("GET", new RegExp(`/api/posts/${makePost(1).id}/reach$`)).answer(200, { reach });
    await settled();
  });
}

const LONG_AGO = "2026-01-22T10:00:00.000Z";
const asked = () => platform.requests.filter(({ url }) => url.endsWith("/reach")).length;

test("an author is told how far a post got, live", async () => {
  open(LONG_AGO);
  await after(0);
  await told({ online: 18, live: 18, shown: 17, withinMs: 84, isAll: true });
  expect(screen.getByText("Seen live by 17 of 18 online followers within 84 ms")).toBeDefined();
});

test("while no browser has said that it is on the screen, to how many it was sent", async () => {
  open(LONG_AGO);
  await after(0);
  await told({ online: 18, live: 16, shown: 0, withinMs: null, isAll: true });
  expect(screen.getByText("Sent live to 16 of 18 online followers")).toBeDefined();
});

test("where not all could be counted, it is at least so many", async () => {
  open(LONG_AGO);
  await after(0);
  await told({ online: 2000, live: 2000, shown: 1900, withinMs: 84, isAll: false });
  expect(screen.getByText("Seen live by at least 1900 followers")).toBeDefined();
});

test("a new post is asked about when nodes have written down what became of it", async () => {
  open(new Date(Date.now() + 60_000).toISOString());
  await after(5_000);
  expect(asked()).toBe(0);
  await after(1_000);
  expect(asked()).toBe(1);
});

test("nothing is said where it would tell of single people, nor asked by others or in a feed", async () => {
  open(LONG_AGO);
  await after(0);
  await told({ online: null, live: null, shown: null, withinMs: null, isAll: true });
  expect(document.querySelector(".reach")).toBeNull();
  cleanup();
  open(LONG_AGO, "bob");
  open(LONG_AGO, "ann", false);
  await after(10_000);
  expect(asked()).toBe(1);
});
