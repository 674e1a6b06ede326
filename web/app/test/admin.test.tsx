import { Feedline } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakePlatform, settled } from "../../client/test/fakes";
import { SECTIONS } from "../src/admin/sections";
import { App } from "../src/app";
import { LanguageProvider } from "../src/i18n";
import { ToastProvider } from "../src/ui/toasts";

let platform: FakePlatform;

beforeEach(() => {
  localStorage.clear();
  platform = new FakePlatform();
});

afterEach(cleanup);

async function open(path: string, role: string): Promise<void> {
  const client = new Feedline(platform);
  const counts = { followersCount: 0, followingCount: 0, postsCount: 0, createdAt: "2026-01-22T10:00:00.000Z" };
  const user = { id: "me", username: "me", name: "Me", avatar: null, isVerified: false, role, ...counts };
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
    await platform.request("GET", /\/api\/me/).answer(200, { user });
    await settled();
  });
}

test("an admin finds what admins look after in the menu", async () => {
  await open("/sign-in", "admin");
  fireEvent.click(screen.getByLabelText("Account"));
  fireEvent.click(screen.getByText("Administration"));
  expect(await screen.findByRole("heading", { name: "Overview" })).toBeDefined();
  const links = screen.getByRole("navigation", { name: "Administration" }).querySelectorAll("a");
  expect([...links].map((link) => link.textContent)).toEqual(SECTIONS.map(({ title }) => title.en));
  expect(links[0]?.getAttribute("aria-current")).toBe("page");
});

test("nobody else finds it, or is told of it", async () => {
  await open("/admin", "user");
  expect(screen.getByText("There is no such page")).toBeDefined();
  fireEvent.click(screen.getByLabelText("Account"));
  expect(screen.queryByText("Administration")).toBeNull();
});

test("every section has a place of its own, and a title in both languages", () => {
  expect(new Set(SECTIONS.map(({ path }) => path)).size).toBe(SECTIONS.length);
  for (const { title } of SECTIONS) expect(title.en).not.toBe(title.ru);
});
