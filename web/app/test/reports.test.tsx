import { Feedline, type Delivery, type FeedEvent } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakePlatform, makePost, settled } from "../../client/test/fakes";
import { makePerson, makeProfile } from "../../client/test/social-fakes";
import Reports from "../src/admin/reports";
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

function show(what: ReactNode): void {
  render(
    <LanguageProvider>
      <ToastProvider>
        <FeedlineProvider client={client}>{what}</FeedlineProvider>
      </ToastProvider>
    </LanguageProvider>,
  );
}

async function answer(method: string, url: RegExp, body?: unknown, status = 200): Promise<string> {
  let sent = "";
  await act(async () => {
    await settled();
    const request = platform.request(method, url);
    sent = request.body ?? "";
    await request.answer(status, body);
    await settled();
  });
  return sent;
}

async function after(ms: number): Promise<void> {
  await act(async () => {
    platform.clock.advance(ms);
    await settled();
  });
}

test("a post is reported, with a reason and a few words", async () => {
  history.replaceState(null, "", "/everyone");
  show(<App />);
  act(() => void client.start());
  await answer("GET", /\/api\/me$/, { user: makeProfile("me") });
  await answer("GET", /api\/posts\?/, { posts: [makePost(1)], next: null, cursor: "c0" });
  fireEvent.click(screen.getByRole("button", { name: "More about the post by ann" }));
  fireEvent.click(screen.getByRole("button", { name: "Report…" }));
  fireEvent.change(screen.getByLabelText("What is wrong with it?"), { target: { value: "abuse" } });
  fireEvent.change(screen.getByLabelText(/Tell them more/), { target: { value: " rude " } });
  fireEvent.click(screen.getByText("Report"));
  const refused = { code: "rate_limited", status: 429, title: "Too many" };
  await answer("POST", /api\/reports$/, refused, 429);
  fireEvent.click(screen.getByText("Report"));
  const sent = await answer("POST", /api\/reports$/, { id: "r", kind: "post", subjectId: "p", reason: "abuse" }, 201);
  expect(JSON.parse(sent)).toEqual({ kind: "post", id: makePost(1).id, reason: "abuse", text: "rude" });
  expect(screen.getByText("Thank you: the admins have it")).toBeDefined();
});

const REPORT = {
  id: "r1",
  kind: "post",
  subjectId: "p1",
  reason: "spam",
  text: "look",
  state: "open",
  count: 2,
  reporter: makePerson("ben"),
  person: makePerson("ann"),
  excerpt: "buy this",
  postId: "p1",
  createdAt: "2026-01-22T10:00:00.000Z",
};

test("an admin sees what waits, and answers it", async () => {
  show(<Reports />);
  await after(0);
  await answer("GET", /reports\?state=open&page=$/, { reports: [REPORT], next: "more" });
  expect(screen.getByText("buy this")).toBeDefined();
  fireEvent.click(screen.getByText("Show older ones"));
  await answer("GET", /state=open&page=more$/, { reports: [{ ...REPORT, id: "r0", excerpt: "older" }], next: null });
  expect(screen.getByText("older")).toBeDefined();
  fireEvent.click(screen.getAllByText("Delete it")[0] as HTMLElement);
  fireEvent.click(document.querySelector("dialog .button-danger") as HTMLElement);
  expect(JSON.parse(await answer("POST", /reports\/r1$/, { report: REPORT }))).toEqual({ action: "delete" });
  await answer("GET", /state=open&page=$/, { reports: [], next: null });
  expect(screen.getByText("Nothing waits for an answer.")).toBeDefined();
});

test("what is reported appears at once: the figures that admins are told say that there is more", async () => {
  show(<Reports />);
  await answer("GET", /state=open/, { reports: [], next: null, cursor: "c0" });
  const told = (openReports: number, newestReport: string | null) =>
    act(async () => {
      const event = { type: "figures", channel: "admin", openReports, newestReport } as unknown as FeedEvent;
      client.delivered.emit([{ event } as Delivery]);
      await settled();
    });
  await told(0, null);
  await answer("GET", /state=open/, { reports: [], next: null, cursor: "c0" });
  await told(1, "r1");
  await answer("GET", /state=open/, { reports: [REPORT], next: null, cursor: "c0" });
  expect(screen.getByText("buy this")).toBeDefined();
  const asked = platform.requests.length;
  await told(1, "r1");
  expect(platform.requests.length).toBe(asked);
});

test("the list is read again by itself, and that of what has an answer beside it", async () => {
  show(<Reports />);
  await after(0);
  await answer("GET", /state=open/, { reports: [], next: null });
  await after(15_000);
  await answer("GET", /state=open/, { reports: [{ ...REPORT, excerpt: null, postId: null }], next: null });
  expect(screen.getByText("It is gone.")).toBeDefined();
  expect(screen.queryByText("Delete it")).toBeNull();
  fireEvent.click(screen.getByText("Answered"));
  await after(0);
  await answer("GET", /state=settled/, { reports: [{ ...REPORT, state: "dismissed" }], next: null });
  expect(screen.getByText("dismissed")).toBeDefined();
  expect(screen.queryByText("Dismiss")).toBeNull();
});
