import { Feedline } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakePlatform, settled } from "../../client/test/fakes";
import { App } from "../src/app";
import { LanguageProvider } from "../src/i18n";
import { ToastProvider } from "../src/ui/toasts";

let platform: FakePlatform;

beforeEach(async () => {
  localStorage.clear();
  platform = new FakePlatform();
  const client = new Feedline(platform);
  const counts = { followersCount: 0, followingCount: 0, postsCount: 0, createdAt: "2026-01-22T10:00:00.000Z" };
  const user = { id: "me", username: "me", name: "Me", avatar: null, isVerified: false, role: "user", ...counts };
  history.replaceState(null, "", "/settings");
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
});

afterEach(cleanup);

async function confirm(password: string): Promise<void> {
  fireEvent.click(await screen.findByRole("button", { name: "Delete my account" }));
  fireEvent.change(screen.getByLabelText(/Your password/), { target: { value: password } });
  fireEvent.click(screen.getByText("Delete"));
  await act(settled);
}

test("everything can be taken along", async () => {
  const link = await screen.findByText("Download");
  expect(link.getAttribute("href")).toBe("/api/me/export");
  expect(link.getAttribute("download")).toBe("feedline-me.zip");
});

test("who deletes themselves is asked for the password, and is signed out", async () => {
  await confirm("correct horse");
  const request = platform.request("DELETE", /\/api\/me$/);
  expect(JSON.parse(request.body ?? "")).toEqual({ password: "correct horse" });
  await act(async () => {
    await request.answer(204, undefined);
    await settled();
  });
  expect(location.pathname).toBe("/");
  expect(screen.getByText("Your account is deleted. Farewell!")).toBeDefined();
  expect(screen.queryByLabelText("Account")).toBeNull();
});

test("a wrong password deletes nothing", async () => {
  await confirm("wrong");
  await act(async () => {
    await platform.request("DELETE", /\/api\/me$/).answer(403, { code: "forbidden", status: 403 });
    await settled();
  });
  expect(screen.getByText("The password is not right.")).toBeDefined();
  expect(location.pathname).toBe("/settings");
});

async function changePassword(password: string, newPassword: string): Promise<void> {
  fireEvent.click(await screen.findByRole("button", { name: "Change the password" }));
  fireEvent.change(screen.getByLabelText("Your password now"), { target: { value: password } });
  fireEvent.change(screen.getByLabelText("The new password"), { target: { value: newPassword } });
  fireEvent.click(screen.getByRole("button", { name: "Change" }));
  await act(settled);
}

test("the password is changed by who knows it", async () => {
  await changePassword("correct horse", "battery staple");
  const request = platform.request("PUT", /\/api\/me\/password$/);
  expect(JSON.parse(request.body ?? "")).toEqual({ password: "correct horse", newPassword: "battery staple" });
  await act(async () => {
    await request.answer(204, undefined);
    await settled();
  });
  expect(screen.getByText("Your password is changed.")).toBeDefined();
  expect(screen.queryByLabelText("The new password")).toBeNull();
});

test("a wrong password changes nothing, and a short one is not sent", async () => {
  await changePassword("wrong", "short");
  expect(screen.getByText(/8 characters/, { selector: ".field-error, [role=alert]" })).toBeDefined();
  fireEvent.change(screen.getByLabelText("The new password"), { target: { value: "battery staple" } });
  fireEvent.click(screen.getByRole("button", { name: "Change" }));
  await act(async () => {
    await platform.request("PUT", /\/api\/me\/password$/).answer(403, { code: "forbidden", status: 403 });
    await settled();
  });
  expect(screen.getByText("The password is not right.")).toBeDefined();
});
