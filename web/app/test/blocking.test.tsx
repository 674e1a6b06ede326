import { Feedline } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakePlatform, makePost, settled } from "../../client/test/fakes";
import { makePerson, makeProfile } from "../../client/test/social-fakes";
import { App } from "../src/app";
import { LanguageProvider } from "../src/i18n";
import { ToastProvider } from "../src/ui/toasts";

let platform: FakePlatform;

beforeEach(() => {
  localStorage.clear();
  platform = new FakePlatform();
});

afterEach(cleanup);

async function answer(method: string, url: RegExp, body?: unknown, status = 200): Promise<void> {
  await act(async () => {
    await settled();
    await platform.request(method, url).answer(status, body);
    await settled();
  });
}

async function open(path: string): Promise<void> {
  const client = new Feedline(platform);
  history.replaceState(null, "", path);
  render(
    <LanguageProvider>
      <ToastProvider>
        <FeedlineProvider client={client}>
          <App />
        </FeedlineProvider>
      </ToastProvider>
    </LanguageProvider>,
  );
  act(() => void client.start());
  await answer("GET", /\/api\/me$/, { user: makeProfile("me") });
}

const click = (name: string) => fireEvent.click(screen.getByRole("button", { name }));
const blocked = (isBlocked: boolean) => ({ userId: "ann", isBlocked, cursor: "c1" });

test("who wrote a post is blocked after a question, which can be undone", async () => {
  await open("/everyone");
  await answer("GET", /api\/posts\?/, { posts: [makePost(1), makePost(2, { author: "ben" })], next: null, cursor: "c0" });
  act(() => platform.socket.goLive("c0"));
  click("More about the post by ann");
  click("Block @ann");
  fireEvent.click(screen.getByText("Block"));
  await answer("PUT", /users\/ann\/block$/, blocked(true));
  expect(screen.queryByText("post 1")).toBeNull();
  expect(screen.getByText("post 2")).toBeDefined();
  click("Undo");
  await answer("DELETE", /users\/ann\/block$/, blocked(false));
  expect(screen.getByText("@ann is not blocked any more")).toBeDefined();
  expect(screen.queryByText("Undo")).toBeNull();
});

test("of oneself, and to who is not signed in, there is no such menu", async () => {
  await open("/everyone");
  await answer("GET", /api\/posts\?/, { posts: [makePost(1, { author: "me" })], next: null, cursor: "c0" });
  expect(screen.queryByRole("button", { name: /More about/ })).toBeNull();
});

test("a block that fails is told, and nothing goes", async () => {
  await open("/everyone");
  await answer("GET", /api\/posts\?/, { posts: [makePost(1)], next: null, cursor: "c0" });
  click("More about the post by ann");
  click("Block @ann");
  fireEvent.click(screen.getByText("Block"));
  await answer("PUT", /block$/, { code: "unavailable", status: 503, title: "Not available" }, 503);
  expect(screen.getByText("post 1")).toBeDefined();
});

test("the page of somebody who is blocked says so, and ends it", async () => {
  await open("/u/ann");
  await answer("GET", /users\/ann$/, { user: makeProfile("ann", { isBlocked: true }) });
  expect(screen.getByText("You have blocked @ann")).toBeDefined();
  expect(screen.queryByRole("button", { name: /Follow/ })).toBeNull();
  click("Unblock ann");
  await answer("DELETE", /users\/ann\/block$/, blocked(false));
  await answer("GET", /api\/posts\?creator=ann/, { posts: [makePost(1)], next: null, cursor: "c1" });
  expect(screen.getByText("post 1")).toBeDefined();
});

test("the settings list who is blocked", async () => {
  await open("/settings");
  await screen.findByText("Blocked people");
  const block = { user: makePerson("ann"), createdAt: "2026-01-22T10:00:00.000Z" };
  await answer("GET", /me\/blocks/, { blocks: [block], next: null });
  click("Unblock ann");
  await answer("DELETE", /users\/ann\/block$/, blocked(false));
  expect(screen.getByText("You have blocked nobody.")).toBeDefined();
});
