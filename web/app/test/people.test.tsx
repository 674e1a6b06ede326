import { Feedline, type Post } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakePlatform, makePost, settled, type Request } from "../../client/test/fakes";
import { commentAdded, makeComment, makeNotification, makePerson, makeProfile, told } from "../../client/test/social-fakes";
import { App } from "../src/app";
import { LanguageProvider } from "../src/i18n";
import { ToastProvider } from "../src/ui/toasts";

let platform: FakePlatform;
let client: Feedline;

beforeEach(() => {
  localStorage.clear();
  platform = new FakePlatform();
  client = new Feedline(platform);
});

afterEach(cleanup);

async function answer(request: () => Request, status: number, body?: unknown): Promise<void> {
  await act(async () => {
    await settled();
    await request().answer(status, body);
    await settled();
  });
}

const asked = (method: string, url: RegExp) => () => platform.request(method, url);

async function open(path: string): Promise<void> {
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
  await answer(asked("GET", /\/api\/me/), 200, { user: makeProfile("me") });
}

async function notified(notifications: unknown[], unreadCount = notifications.length): Promise<void> {
  await answer(asked("GET", /api\/notifications\?/), 200, { notifications, unreadCount, next: null, cursor: "c0" });
}

async function openHome(posts: readonly Post[]): Promise<void> {
  await open("/");
  await answer(asked("GET", /api\/feed/), 200, { posts, next: null, cursor: "c0" });
  act(() => platform.socket.goLive("c0"));
}

async function openPost(post: Post, comments = [makeComment(1)]): Promise<void> {
  await open(`/p/${post.id}`);
  await answer(asked("GET", /posts\/0194-000001$/), 200, { post, cursor: "c0" });
  if (!post.access.isLocked) {
    await answer(asked("GET", /comments\?/), 200, { comments, next: null, cursor: "c0" });
  }
  act(() => platform.socket.goLive("c0"));
}

const click = (element: Element) => act(async () => void fireEvent.click(element));
const locked = (number: number): Post => ({ ...makePost(number, { text: "" }), access: { tier: "vip", isLocked: true } });

describe("likes", () => {
  test("are there at once, and are taken back if they don't get through", async () => {
    await openHome([makePost(1)]);
    const like = screen.getByRole("button", { name: "Like, 0 likes" });
    await click(like);
    expect(like.getAttribute("aria-label")).toBe("Like, 1 like");
    expect(like.getAttribute("aria-pressed")).toBe("true");
    await answer(asked("PUT", /like$/), 429, { code: "rate_limited" });
    expect(like.getAttribute("aria-pressed")).toBe("false");
    expect(screen.getByText("The like didn’t get through")).toBeDefined();
  });

  test("by the press of l, of the post in focus", async () => {
    await openHome([makePost(2), makePost(1)]);
    const articles = screen.getAllByRole("article");
    act(() => articles[1]?.focus());
    await act(async () => void fireEvent.keyDown(document.body, { key: "l" }));
    await answer(asked("PUT", /0194-000001\/like$/), 200, { likesCount: 4 });
    expect(within(articles[1] as HTMLElement).getByRole("button", { name: "Like, 4 likes" })).toBeDefined();
  });
});

describe("a post's page", () => {
  test("has the comments, and those that come", async () => {
    await openPost(makePost(1));
    expect(screen.getByText("comment 1")).toBeDefined();
    act(() => platform.socket.say(commentAdded(makeComment(2, "bob"), 2, "c1")));
    expect(screen.getByText("comment 2")).toBeDefined();
    expect(screen.getByRole("heading", { name: "Comments 2" })).toBeDefined();
  });

  test("sends a comment with Ctrl and Enter, and keeps what is begun", async () => {
    await openPost(makePost(1), []);
    expect(screen.getByText("No comments yet.")).toBeDefined();
    const input = screen.getByLabelText<HTMLTextAreaElement>("Comment");
    fireEvent.change(input, { target: { value: "begun" } });
    expect(Object.values({ ...localStorage })).toContain("begun");
    await act(async () => void fireEvent.keyDown(input, { key: "Enter", ctrlKey: true }));
    expect(input.value).toBe("");
    expect(screen.getByText("begun").closest("li")?.dataset.delivery).toBe("sending");
    await answer(asked("POST", /comments$/), 201, { comment: makeComment(7, "me", "begun"), commentsCount: 1, cursor: "c1" });
    expect(screen.getByText("begun").closest("li")?.dataset.delivery).toBe("sent");
    expect(localStorage.length).toBe(0);
  });

  test("that is too long is not sent", async () => {
    await openPost(makePost(1), []);
    const input = screen.getByLabelText("Comment");
    fireEvent.change(input, { target: { value: "x".repeat(2_001) } });
    await act(async () => void fireEvent.keyDown(input, { key: "Enter", ctrlKey: true }));
    expect(platform.requests.some(({ method, url }) => method === "POST" && url.endsWith("/comments"))).toBe(false);
    expect(input.getAttribute("aria-invalid")).toBe("true");
  });

  test("lets delete what is one's own, and all below one's own post", async () => {
    await openPost(makePost(1), [makeComment(2, "me"), makeComment(1, "bob")]);
    const rows = screen.getAllByRole("listitem").filter((row) => row.className === "comment");
    expect(rows.map((row) => within(row).queryByLabelText("Delete") !== null)).toEqual([true, false]);
    cleanup();
    client = new Feedline(platform);
    await openPost(makePost(1, { author: "me" }), [makeComment(1, "bob")]);
    const mine = screen.getByText("comment 1").closest("li") as HTMLElement;
    await click(within(mine).getByLabelText("Delete"));
    await click(within(screen.getByRole("dialog")).getByText("Delete"));
    expect(screen.queryByText("comment 1")).toBeNull();
  });

  test("locked, it says who opens it, and loads no comments", async () => {
    await openPost(locked(1));
    expect(screen.getByText("For vip subscribers")).toBeDefined();
    expect(screen.getByText(/The comments are for subscribers too/)).toBeDefined();
    expect(platform.requests.some(({ url }) => url.includes("/comments"))).toBe(false);
  });
});

describe("people", () => {
  test("are suggested to a newcomer, and stay while they are followed", async () => {
    await openHome([]);
    await answer(asked("GET", /users\?limit/), 200, { users: [makeProfile("ann"), makeProfile("bob")] });
    await click(screen.getByRole("button", { name: "Follow ann" }));
    expect(screen.getByRole("button", { name: "Following ann" })).toBeDefined();
    await answer(asked("PUT", /ann\/follow$/), 200, { userId: "ann", isFollowed: true, followersCount: 1, cursor: "c1" });
    act(() => platform.socket.say({ type: "feed_update", reason: "follow", creatorId: "ann", ...told("c1", "feed:me") }));
    await answer(asked("GET", /api\/feed/), 200, { posts: [makePost(1)], next: null, cursor: "c1" });
    expect(screen.getAllByRole("article")).toHaveLength(1);
    expect(screen.getByRole("button", { name: "Follow bob" })).toBeDefined();
  });

  test("have a page with their counts, the viewer's tier, and a bell", async () => {
    await open("/u/ann");
    const ann = makeProfile("ann", { followersCount: 2, postsCount: 1, tier: "premium", isFollowed: true, notifyPosts: true });
    await answer(asked("GET", /users\/ann$/), 200, { user: ann });
    expect(screen.getByText("2 followers")).toBeDefined();
    expect(screen.getByText(/You have premium/)).toBeDefined();
    const notify = screen.getByLabelText("Tell me of every new post");
    expect(notify.getAttribute("aria-pressed")).toBe("true");
    await click(notify);
    expect(notify.getAttribute("aria-pressed")).toBe("false");
    const { body } = platform.request("PUT", /ann\/follow$/);
    expect(JSON.parse(body ?? "")).toEqual({ notifyPosts: false });
  });
});

describe("the notification centre", () => {
  const many = makeNotification(2, { actor: makePerson("Ann"), othersCount: 41 });
  const one = makeNotification(1, { kind: "follow", actor: makePerson("bob"), text: "bob followed you" });

  test("counts at the bell and in the title, and says who did what", async () => {
    await openHome([]);
    await notified([many, one]);
    expect(document.title).toBe("(2) Feedline");
    await click(screen.getByRole("button", { name: "Notifications, 2 unread" }));
    const rows = within(screen.getByRole("dialog")).getAllByRole("listitem");
    expect(rows.map((row) => row.querySelector(".notification-text")?.firstChild?.parentElement?.textContent)).toEqual([
      expect.stringContaining("Ann and 41 others liked your post"),
      expect.stringContaining("bob followed you"),
    ]);
    expect(rows.map((row) => row.querySelector("a")?.getAttribute("href"))).toEqual([`/p/${makePost(1).id}`, "/u/bob"]);
  });

  test("reads one by opening it, and all by a button", async () => {
    await openHome([]);
    await notified([many, one]);
    await click(screen.getByRole("button", { name: /^Notifications/ }));
    await click(screen.getByText("Mark all as read"));
    expect(screen.getByRole("button", { name: "Notifications" })).toBeDefined();
    expect(JSON.parse(platform.request("POST", /notifications\/read$/).body ?? "")).toEqual({});
    const next = makeNotification(3);
    act(() => platform.socket.grant("notifications:me", "c0"));
    act(() => platform.socket.say({ type: "notification", notification: next, ...told("c1", "notifications:me") }));
    const [first] = within(screen.getByRole("dialog")).getAllByRole("listitem");
    await click(first?.querySelector("a") as Element);
    expect(JSON.parse(platform.request("POST", /notifications\/read$/).body ?? "")).toEqual({ ids: [next.id] });
    expect(location.pathname).toBe(`/p/${makePost(1).id}`);
  });

  test("of one device shows what another has done", async () => {
    await open("/notifications");
    await notified([many, one]);
    act(() => platform.socket.goLive("c0"));
    act(() => platform.socket.say({ type: "notifications_cleared", unreadCount: 0, ...told("c1", "notifications:me") }));
    expect(screen.getByText("Nothing new")).toBeDefined();
  });
});
