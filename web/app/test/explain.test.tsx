import { Feedline } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakePlatform, settled } from "../../client/test/fakes";
import Explain from "../src/admin/explain";
import { WORDS, type Story } from "../src/admin/explain-words";
import { LanguageProvider } from "../src/i18n";

let platform: FakePlatform;

beforeEach(() => {
  localStorage.clear();
  platform = new FakePlatform();
});

afterEach(cleanup);

const STORY: Story = {
  postId: "p1",
  author: "bob",
  user: "ann",
  committedAt: "2026-01-22T10:00:00.000Z",
  verdict: "shown",
  reason: "live",
  summary: "ann was sent it live by WebSocket, 3 ms after the commit; it was on the screen 34 ms after the commit.",
  isLocked: false,
  moments: [
    { at: "2026-01-22T09:59:59.000Z", ms: -1000, text: "WebSocket opened", kind: "opened", detail: "ws" },
    { at: "2026-01-22T10:00:00.000Z", ms: 0, text: "committed, place 3 of the log", kind: "committed", detail: "3" },
    { at: "2026-01-22T10:00:00.002Z", ms: 2, text: "dispatched on feed1 (process 7)", kind: "dispatched", detail: "feed1 (process 7)" },
    { at: "2026-01-22T10:00:00.003Z", ms: 3, text: "sent to the WebSocket, live", kind: "sent", detail: "ws" },
    { at: "2026-01-22T10:00:00.034Z", ms: 34, text: "on the screen, says the client", kind: "shown", detail: "ws" },
  ],
  dispatches: [{ node: "feed1 (process 7)", at: "2026-01-22T10:00:00.002Z", sockets: 1204, firstMs: 2, lastMs: 9 }],
  connections: [
    {
      id: "c",
      transport: "ws",
      node: "feed1 (process 7)",
      openedAt: "2026-01-22T09:59:59.000Z",
      closedAt: "2026-01-22T10:05:00.000Z",
      closeCode: 1001,
      outcome: "live",
      matters: true,
      text: "was sent it live on feed:1",
    },
  ],
  notes: ["Tiers and blocks are those of now."],
};

function open(path: string): void {
  history.replaceState(null, "", path);
  render(
    <LanguageProvider>
      <FeedlineProvider client={new Feedline(platform)}>
        <Explain />
      </FeedlineProvider>
    </LanguageProvider>,
  );
}

async function answer(path: RegExp, status: number, body: unknown): Promise<void> {
  await act(async () => {
    await platform.request("GET", path).answer(status, body);
    await settled();
  });
}

function ask(post: string, user: string): void {
  fireEvent.change(screen.getByLabelText("Post"), { target: { value: post } });
  fireEvent.change(screen.getByLabelText(/^Who should/), { target: { value: user } });
  fireEvent.click(screen.getByRole("button", { name: "Explain" }));
}

test("an admin asks by the address of a post, and the story is told in the words of the server", async () => {
  open("/admin/explain");
  ask("https://feed.example/p/p1?x=1#comments", " @ann ");
  expect(location.search).toBe("?post=p1&user=ann");
  await answer(/\/api\/admin\/posts\/p1\/story\?user=ann$/, 200, { story: STORY });
  expect(screen.getByRole("status").textContent).toBe(`shown ${STORY.summary}`);
  const moments = [...document.querySelectorAll(".explain-moments li")].map((item) => item.textContent);
  expect(moments[0]).toMatch(/^-1,000 ms.*WebSocket opened$/);
  expect(moments[3]).toMatch(/^\+3 ms.*sent to the WebSocket, live$/);
  expect(screen.getByText("was sent it live on feed:1")).toBeDefined();
  expect(screen.getByText(/code 1001/)).toBeDefined();
  expect(screen.getByText("Tiers and blocks are those of now.")).toBeDefined();
});

test("connections of later on are folded behind their number", async () => {
  const [first] = STORY.connections;
  const later = Array.from({ length: 31 }, (_, number) => ({ ...first!, id: `later${number}`, matters: false, text: "began after the post" }));
  open("/admin/explain?post=p1&user=ann");
  await answer(/story\?user=ann$/, 200, { story: { ...STORY, connections: [first, ...later] } });
  const summary = screen.getByText("31 other connections later that day");
  expect(summary.closest("details")!.open).toBe(false);
  expect(summary.closest("details")!.querySelectorAll("li")).toHaveLength(31);
  expect(screen.getByText("was sent it live on feed:1").closest("details")).toBeNull();
  expect([1, 2, 5, 21].map(WORDS.ru.others).join()).toBe(
    "Ещё 1 соединение позже в тот же день,Ещё 2 соединения позже в тот же день,Ещё 5 соединений позже в тот же день,Ещё 21 соединение позже в тот же день",
  );
  expect(WORDS.en.others(1)).toBe("1 other connection later that day");
});

test("what is in the address is asked at once, and again at the press of the button", async () => {
  open("/admin/explain?post=p1&user=ann");
  await answer(/story\?user=ann$/, 404, { code: "not_found", status: 404, title: "There is no such post." });
  const input = screen.getByLabelText("Post");
  expect(input.getAttribute("aria-invalid")).toBe("true");
  expect(screen.queryByRole("status")).toBeNull();
  ask("p1", "ann");
  expect(screen.getByRole("button", { name: "Explain" }).hasAttribute("disabled")).toBe(true);
  await answer(/story\?user=ann$/, 200, { story: STORY });
  expect(screen.getByRole("status")).toBeDefined();
  expect(screen.getByLabelText("Post").getAttribute("aria-invalid")).toBeNull();
});

test("nothing is asked while a field is empty", () => {
  open("/admin/explain");
  ask("", "");
  expect(screen.getAllByText("Please fill this in.")).toHaveLength(2);
  expect(document.activeElement).toBe(screen.getByLabelText("Post"));
});

test("in Russian it is worded here, whatever the reason", () => {
  const { ru } = WORDS;
  expect(ru.summary(STORY)).toBe("Запись отправлена @ann вживую, через 3 мс после фиксации; на экране она через 34 мс после фиксации.");
  const moments = STORY.moments.map((moment) => ru.moment(moment, STORY));
  expect(moments.join()).not.toMatch(/undefined|opened|committed|dispatched|sent to/);
  expect(moments[2]).toBe("разослана узлом feed1 (process 7), сокетов: 1\u00a0204, первый – через 2 мс после фиксации, последний – через 9 мс");
  for (const reason of ["replayed", "listed", "blocked", "offline", "lagging", "unknown", "of a newer server"]) {
    const told = ru.summary({ ...STORY, reason, isLocked: true, moments: [] });
    expect(told).toMatch(/^[А-Я].*\.$/);
    expect(told).not.toContain("undefined");
  }
});
