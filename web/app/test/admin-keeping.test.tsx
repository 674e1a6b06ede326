import { Feedline } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakePlatform, settled } from "../../client/test/fakes";
import { makeProfile } from "../../client/test/social-fakes";
import Audit from "../src/admin/audit";
import People from "../src/admin/people";
import Tokens from "../src/admin/tokens";
import { LanguageProvider } from "../src/i18n";
import { ToastProvider } from "../src/ui/toasts";

let platform: FakePlatform;

beforeEach(() => {
  localStorage.clear();
  platform = new FakePlatform();
});

afterEach(cleanup);

let client: Feedline;

async function open(section: React.ReactNode): Promise<void> {
  client = new Feedline(platform);
  render(
    <LanguageProvider>
      <ToastProvider>
        <FeedlineProvider client={client}>{section}</FeedlineProvider>
      </ToastProvider>
    </LanguageProvider>,
  );
  await after(0);
}

async function after(ms: number): Promise<void> {
  await act(async () => {
    platform.clock.advance(ms);
    await settled();
  });
}

async function answer(method: string, path: RegExp, status: number, body: unknown): Promise<void> {
  await act(async () => {
    await platform.request(method, path).answer(status, body);
    await settled();
  });
}

const ANN = { id: "1", username: "ann", name: "Ann", state: "active", postsCount: 3, sessions: 1 };

test("an admin shuts somebody out, and sees it", async () => {
  await open(<People />);
  await answer("GET", /users\?search=$/, 200, { users: [ANN] });
  const row = screen.getByText("Ann").closest("tr") as HTMLElement;
  expect(row.textContent).toContain("active");
  fireEvent.click(within(row).getByText("Shut out"));
  const request = platform.request("PATCH", /users\/1$/);
  expect(JSON.parse(request.body ?? "")).toEqual({ disabled: true });
  await answer("PATCH", /users\/1$/, 200, {});
  await answer("GET", /users\?search=$/, 200, { users: [{ ...ANN, state: "disabled", sessions: 0 }] });
  expect(screen.getByText("shut out")).toBeDefined();
  expect(screen.getByText("Let in")).toBeDefined();
});

test("somebody is deleted only after a question", async () => {
  await open(<People />);
  await answer("GET", /users/, 200, { users: [ANN] });
  fireEvent.click(screen.getByText("Delete"));
  expect(screen.getByText(/for good/)).toBeDefined();
  expect(platform.requests.filter(({ method }) => method === "DELETE")).toEqual([]);
  const dialog = screen.getByText(/for good/).closest("dialog") as HTMLElement;
  fireEvent.click(within(dialog).getByText("Delete"));
  await answer("DELETE", /users\/1$/, 204, undefined);
  await answer("GET", /users/, 200, { users: [{ ...ANN, state: "leaving" }] });
  expect(screen.getByText("being deleted")).toBeDefined();
  expect(screen.queryByText("Delete")).toBeNull();
});

test("nobody is offered to shut themselves out", async () => {
  await open(<People />);
  act(() => void client.start());
  await answer("GET", /\/api\/me$/, 200, { user: { ...makeProfile("me"), role: "admin" } });
  const me = { ...ANN, id: makeProfile("me").id, name: "Me" };
  await answer("GET", /users/, 200, { users: [ANN, me] });
  expect(screen.getAllByText("Shut out")).toHaveLength(1);
  expect(within(screen.getByText("Me").closest("tr") as HTMLElement).queryByRole("button")).toBeNull();
});

test("people are looked for by how their name begins", async () => {
  await open(<People />);
  await answer("GET", /users/, 200, { users: [ANN] });
  fireEvent.change(screen.getByLabelText("How the username begins"), { target: { value: "b&" } });
  await after(200);
  await answer("GET", /search=b%26$/, 200, { users: [] });
  expect(screen.getByText("Nobody is called so.")).toBeDefined();
});

test("the record comes in pages", async () => {
  const entry = {
    at: "2026-01-22T10:00:00.000Z",
    actor: { kind: "user", id: "9", name: "root" },
    action: "post.delete",
    subject: { kind: "post", id: "7", name: null },
    details: { authorId: "1" },
  };
  await open(<Audit />);
  await answer("GET", /audit\?limit=50&page=$/, 200, { entries: [{ ...entry, id: "a" }], next: "next" });
  expect(screen.getByText("@root")).toBeDefined();
  expect(screen.getByText("post 7")).toBeDefined();
  expect(screen.getByText("authorId: 1")).toBeDefined();
  fireEvent.click(screen.getByText("Show older ones"));
  const command = { kind: "command", id: null, name: "sys" };
  const older = { ...entry, id: "b", actor: command, action: "admin.add", subject: null, details: {} };
  await answer("GET", /page=next$/, 200, { entries: [older], next: null });
  expect(screen.getByText("command sys")).toBeDefined();
  expect(screen.getAllByRole("row")).toHaveLength(3);
  expect(screen.queryByText("Show older ones")).toBeNull();
});

test("a token is made, shown once, and taken away", async () => {
  const shop = { id: "7", name: "shop", createdAt: "2026-01-22T10:00:00.000Z" };
  await open(<Tokens />);
  await answer("GET", /tokens$/, 200, { programs: [] });
  expect(screen.getByText("No other program has a token.")).toBeDefined();
  fireEvent.change(screen.getByLabelText("What to call the program"), { target: { value: " shop " } });
  fireEvent.click(screen.getByText("Make a token"));
  expect(JSON.parse(platform.request("POST", /tokens$/).body ?? "")).toEqual({ name: "shop" });
  await answer("POST", /tokens$/, 201, { program: shop, token: "secret" });
  await answer("GET", /tokens$/, 200, { programs: [shop] });
  expect((screen.getByLabelText("The token") as HTMLInputElement).value).toBe("secret");
  fireEvent.click(screen.getByText("Take away"));
  const dialog = screen.getByText(/refused from this moment/).closest("dialog") as HTMLElement;
  fireEvent.click(within(dialog).getByText("Take away"));
  await answer("DELETE", /tokens\/7$/, 204, undefined);
  await answer("GET", /tokens$/, 200, { programs: [] });
  expect(screen.getByText("No other program has a token.")).toBeDefined();
});
