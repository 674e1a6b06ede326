import { Feedline } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { created, deleted, FakePlatform, makePost, settled, type Request } from "../../client/test/fakes";
import { App } from "../src/app";
import { LanguageProvider } from "../src/i18n";
import { ToastProvider } from "../src/ui/toasts";

const me = {
  id: "me",
  username: "me",
  name: "Me",
  avatar: null,
  isVerified: false,
  role: "user",
  followersCount: 0,
  followingCount: 0,
  postsCount: 0,
  createdAt: "2026-01-22T10:00:00.000Z",
};

let platform: FakePlatform;
let client: Feedline;

beforeEach(() => {
  localStorage.clear();
  platform = new FakePlatform();
  client = new Feedline(platform);
});

afterEach(cleanup);

async function open(path: string, user: typeof me | null = me): Promise<void> {
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
  await act(async () => {
    void client.start();
    await platform.request("GET", /\/api\/me/).answer(user ? 200 : 401, user ? { user } : { code: "unauthenticated" });
    await settled();
  });
}

async function answer(request: () => Request, status: number, body?: unknown): Promise<void> {
  await act(async () => {
    await settled();
    await request().answer(status, body);
    await settled();
  });
}

const list = (posts: unknown[], next: string | null = null) => ({ posts, next, cursor: "c0" });
const homeFeed = () => platform.request("GET", /\/api\/feed/);

async function openHome(posts = [makePost(2), makePost(1)]): Promise<void> {
  await open("/");
  await answer(homeFeed, 200, list(posts));
  act(() => platform.socket.goLive("c0"));
}

const articles = () => screen.queryAllByRole("article");
const ids = () => articles().map((article) => article.dataset.postId);
const press = (key: string, target: Element = document.body, more = {}) => fireEvent.keyDown(target, { key, ...more });

describe("a feed", () => {
  test("is a feed of articles that say who they are and where", async () => {
    await openHome();
    expect(screen.getByRole("feed").getAttribute("aria-label")).toContain("you and the people you follow");
    const places = articles().map((one) => [one.getAttribute("aria-posinset"), one.getAttribute("aria-setsize")]);
    expect(places).toEqual([
      ["1", "2"],
      ["2", "2"],
    ]);
    expect(ids()).toEqual([makePost(2).id, makePost(1).id]);
  });

  test("shows a skeleton, then that it is empty", async () => {
    await open("/");
    expect(screen.getByLabelText("Loading…")).toBeDefined();
    await answer(homeFeed, 200, list([]));
    expect(screen.getByText("Nothing here yet")).toBeDefined();
  });

  test("says of a picture that it did not load, and tries again when somebody comes back or asks for it", async () => {
    await open("/");
    const media = { type: "image", url: "/media/loaf.jpg", thumbnail: null, aspectRatio: 1.5 };
    const content = { title: "The loaf", text: "", category: null, tags: [] };
    await answer(homeFeed, 200, list([{ ...makePost(1), content, media }]));
    const fails = () => fireEvent.error(screen.getByAltText("The loaf"));
    fails();
    expect(screen.queryByAltText("The loaf")).toBeNull();
    act(() => platform.wake());
    fails();
    fireEvent.click(screen.getByText("The picture didn’t load."));
    expect(screen.getByAltText("The loaf")).toBeDefined();
  });

  test("says why it did not load, and tries again", async () => {
    await open("/");
    await answer(homeFeed, 503, { code: "unavailable", detail: "The database rests." });
    expect(screen.getByText("The server can’t do that right now. It is tried again by itself.")).toBeDefined();
    fireEvent.click(screen.getByText("Try again"));
    await answer(homeFeed, 200, list([makePost(1)]));
    expect(ids()).toEqual([makePost(1).id]);
  });

  test("takes in live posts at the top, and holds them back from a reader below it", async () => {
    await openHome();
    act(() => platform.socket.say(created(makePost(3), "c1")));
    expect(ids()).toHaveLength(3);
    act(() => client.home().setAtTop(false));
    act(() => platform.socket.say(created(makePost(4), "c2"), created(makePost(5), "c3")));
    act(() => platform.clock.advance(100));
    expect(ids()).toHaveLength(3);
    fireEvent.click(screen.getByText("2 new posts"));
    expect(ids()).toHaveLength(5);
    expect(screen.queryByText(/new posts/)).toBeNull();
  });

  test("says so when what waits can't be loaded, and goes on waiting", async () => {
    await openHome();
    act(() => client.home().setAtTop(false));
    const many = Array.from({ length: 60 }, (_, number) => created(makePost(10 + number), `c${number}`));
    act(() => platform.socket.say(...many));
    act(() => platform.clock.advance(100));
    fireEvent.click(screen.getByText("60 new posts"));
    await answer(homeFeed, 503, { code: "unavailable" });
    expect(screen.getByText(/may be out of date/)).toBeDefined();
    expect(screen.getByText("60 new posts")).toBeDefined();
  });

  test("leads from the button for older posts to the first of them, and stays on it if they don't load", async () => {
    await open("/");
    await answer(homeFeed, 200, list([makePost(4), makePost(3)], "second"));
    const more = () => screen.getByRole("button", { name: /older posts|Try again/ });
    const isOn = () => document.activeElement?.textContent;
    act(() => more().focus());
    fireEvent.click(more());
    expect(isOn()).toBe("Loading older posts…");
    await answer(homeFeed, 503, { code: "unavailable" });
    expect(isOn()).toBe("Try again");
    fireEvent.click(more());
    await answer(homeFeed, 200, list([makePost(2)], "third"));
    expect(document.activeElement).toBe(articles()[2]);
    act(() => more().focus());
    fireEvent.click(more());
    await answer(homeFeed, 200, list([makePost(1)]));
    expect(screen.queryByRole("button", { name: /older posts/ })).toBeNull();
    expect(document.activeElement).toBe(articles()[3]);
  });

  test("leaves somebody who has gone on where they are when older posts come", async () => {
    await open("/");
    await answer(homeFeed, 200, list([makePost(4), makePost(3)], "second"));
    const more = screen.getByRole("button", { name: /older posts/ });
    act(() => more.focus());
    fireEvent.click(more);
    act(() => articles()[0]?.focus());
    await answer(homeFeed, 200, list([makePost(2)]));
    expect(document.activeElement).toBe(articles()[0]);
  });

  test("shows what waits at the press of a dot", async () => {
    await openHome();
    act(() => client.home().setAtTop(false));
    act(() => platform.socket.say(created(makePost(4), "c2")));
    press(".");
    expect(ids()).toHaveLength(3);
  });

  test("is walked through with j and k", async () => {
    await openHome();
    press("j");
    expect(document.activeElement).toBe(articles()[0]);
    press("j");
    expect(document.activeElement).toBe(articles()[1]);
    press("л", document.body, { code: "KeyK" });
    expect(document.activeElement).toBe(articles()[0]);
  });

  test("a locked post shows its lock in place of the text", async () => {
    await openHome([{ ...makePost(1, { text: "" }), access: { tier: "vip", isLocked: true } }]);
    expect(within(articles()[0] as HTMLElement).getByText("For vip subscribers")).toBeDefined();
  });

  test.each([
    { type: "image", tag: "img" },
    { type: "video", tag: "video" },
    { type: "audio", tag: "audio" },
  ] as const)("a post's $type is shown", async ({ type, tag }) => {
    const media = { type, url: "/api/media/1", thumbnail: null, aspectRatio: 1.5 };
    await openHome([{ ...makePost(1), media }]);
    expect(articles()[0]?.querySelector(tag)?.getAttribute("src")).toBe("/api/media/1");
  });

  test("addresses in a text are links, and nothing else is", async () => {
    await openHome([makePost(1, { text: "See https://example.org/a?b=c, and javascript:alert(1) <b>x</b>." })]);
    const links = Array.from(articles()[0]?.querySelectorAll<HTMLAnchorElement>(".post-text a") ?? []);
    expect(links.map(({ href, textContent }) => [href, textContent])).toEqual([
      ["https://example.org/a?b=c", "example.org/a?b=c"],
    ]);
    expect(articles()[0]?.querySelector("b")).toBeNull();
  });

  test("a long text is folded until asked for", async () => {
    await openHome([makePost(1, { text: "long ".repeat(400) })]);
    const text = () => articles()[0]?.querySelector(".post-text")?.className;
    expect(text()).toContain("folded");
    fireEvent.click(screen.getByText("Show more"));
    expect(text()).not.toContain("folded");
  });

  test("says how fresh it is", async () => {
    await openHome();
    expect(screen.getByText("Live")).toBeDefined();
    act(() => platform.socket.drop());
    expect(screen.getByText(/^Offline since/)).toBeDefined();
    fireEvent.click(screen.getByText("Refresh"));
    await answer(homeFeed, 200, list([makePost(7)]));
    expect(ids()).toEqual([makePost(7).id]);
  });
});

describe("the composer", () => {
  async function write(text: string): Promise<HTMLElement> {
    press("n");
    const input = screen.getByLabelText("Text");
    fireEvent.change(input, { target: { value: text } });
    await act(async () => press("Enter", input, { ctrlKey: true }));
    return input;
  }

  test("puts the post on top at once; answer and echo leave it one", async () => {
    await openHome();
    await write("my news");
    expect(screen.queryByRole("dialog")).toBeNull();
    const row = articles()[0] as HTMLElement;
    expect(row.dataset.delivery).toBe("sending");
    const clientId = row.dataset.clientId ?? "";
    const post = makePost(9, { author: "me", clientId, text: "my news" });
    act(() => platform.socket.say(created(post, "c1")));
    await answer(() => platform.request("POST", /\/api\/posts$/), 201, { post, cursor: "c1" });
    expect(articles()[0]).toBe(row);
    expect(row.dataset).toMatchObject({ postId: post.id, clientId, delivery: "sent" });
    expect(screen.getAllByText("my news")).toHaveLength(1);
  });

  test("keeps what was begun, and says what is missing", async () => {
    await openHome();
    press("n");
    fireEvent.change(screen.getByLabelText("Tags"), { target: { value: "one" } });
    fireEvent.click(screen.getByText("Publish"));
    expect(screen.getByText("Write a title or a text, or add a file.")).toBeDefined();
    fireEvent.click(screen.getByLabelText("Close"));
    press("n");
    expect(screen.getByLabelText<HTMLInputElement>("Tags").value).toBe("one");
  });

  test("takes back a refused post, with the server's findings at their fields", async () => {
    await openHome();
    await write("refused");
    const errors = [{ path: "text", message: "Use other words." }];
    await answer(() => platform.request("POST", /\/api\/posts$/), 422, { code: "validation_failed", errors });
    const row = articles()[0] as HTMLElement;
    fireEvent.click(within(row).getByText("Edit"));
    const input = screen.getByLabelText<HTMLTextAreaElement>("Text");
    expect(input.value).toBe("refused");
    expect(within(screen.getByRole("dialog")).getByText("Use other words.")).toBeDefined();
    fireEvent.change(input, { target: { value: "better" } });
    fireEvent.click(screen.getByLabelText("Close"));
    fireEvent.click(within(row).getByText("Edit"));
    expect(screen.getByLabelText<HTMLTextAreaElement>("Text").value).toBe("better");
    await act(async () => fireEvent.click(screen.getByText("Publish")));
    expect(articles()[0]?.dataset.clientId).not.toBe(row.dataset.clientId);
    expect(screen.queryByText("refused")).toBeNull();
    expect(Object.keys(localStorage).filter((key) => key.startsWith("feedline.draft"))).toEqual([]);
  });
});

describe("own posts", () => {
  const own = makePost(5, { author: "me", text: "mine" });

  test("are changed in place", async () => {
    await openHome([own]);
    fireEvent.click(screen.getByLabelText("Edit"));
    fireEvent.change(screen.getByLabelText("Text"), { target: { value: "changed" } });
    await act(async () => fireEvent.click(screen.getByText("Save")));
    const changed = makePost(5, { author: "me", text: "changed", version: 1 });
    await answer(() => platform.request("PATCH", /posts\/0194/), 200, { post: changed, cursor: "c1" });
    expect(screen.getByText("changed")).toBeDefined();
    expect(screen.getByText("Changes saved")).toBeDefined();
  });

  test("are deleted after a question, and stay gone", async () => {
    await openHome([own]);
    fireEvent.click(screen.getByLabelText("Delete"));
    expect(articles()).toHaveLength(1);
    await act(async () => fireEvent.click(within(screen.getByRole("dialog")).getByText("Delete")));
    await answer(() => platform.request("DELETE", /posts\/0194/), 204);
    act(() => platform.socket.say(created(own, "c1"), deleted(own, "c2")));
    expect(articles()).toHaveLength(0);
  });

  test("of others have no such buttons", async () => {
    await openHome();
    expect(screen.queryByLabelText("Edit")).toBeNull();
  });
});

describe("places", () => {
  test("a visitor is welcomed, and reads everyone's posts", async () => {
    await open("/", null);
    await answer(() => platform.request("GET", /\/api\/posts/), 200, list([makePost(1)]));
    expect(screen.getByText("Said now, seen now.")).toBeDefined();
    expect(articles()).toHaveLength(1);
    expect(platform.sockets).toHaveLength(0);
  });

  test("signing in leads home; a wrong password is said", async () => {
    await open("/sign-in", null);
    fireEvent.change(screen.getByLabelText("Username"), { target: { value: "me" } });
    fireEvent.change(screen.getByLabelText("Password"), { target: { value: "wrong" } });
    const form = screen.getByLabelText("Password").closest("form") as HTMLElement;
    fireEvent.submit(form);
    const login = () => platform.request("POST", /login/);
    await answer(login, 401, { code: "unauthenticated" });
    expect(screen.getByRole("alert").textContent).toContain("not right");
    fireEvent.submit(form);
    await answer(login, 200, { user: me });
    expect(location.pathname).toBe("/");
    expect(homeFeed()).toBeDefined();
  });

  test("a person's page, and that of nobody", async () => {
    await open("/u/ann");
    await answer(() => platform.request("GET", /users\/ann/), 200, { user: { ...me, id: "ann", username: "ann", name: "Ann" } });
    await answer(() => platform.request("GET", /\/api\/posts\?creator=ann/), 200, list([makePost(1)]));
    expect(screen.getByRole("heading", { level: 1 }).textContent).toContain("Ann");
    cleanup();
    await open("/u/nobody");
    await answer(() => platform.request("GET", /users\/nobody/), 404, { code: "not_found" });
    expect(screen.getByText("There is nobody of this name")).toBeDefined();
  });

  test("one post, and one that is not there", async () => {
    const post = makePost(1);
    await open(`/p/${post.id}`);
    await answer(() => platform.request("GET", /posts\/0194/), 200, { post, cursor: "c0" });
    expect(ids()).toEqual([post.id]);
    cleanup();
    await open("/p/none");
    await answer(() => platform.request("GET", /posts\/none/), 404, { code: "not_found" });
    expect(screen.getByText("This post isn’t here")).toBeDefined();
  });

  test("no such page", async () => {
    await open("/no/such/place");
    expect(screen.getByText("There is no such page")).toBeDefined();
  });

  test("in Russian, remembered", async () => {
    await open("/", null);
    fireEvent.click(screen.getAllByText("Русский")[0] as HTMLElement);
    expect(screen.getByText("Сказано — и сразу видно.")).toBeDefined();
    expect(document.documentElement.lang).toBe("ru");
    expect(localStorage.getItem("feedline.language")).toBe("ru");
  });
});
