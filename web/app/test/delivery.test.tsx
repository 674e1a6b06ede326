import { Feedline } from "@feedline/client";
import { FeedlineProvider } from "@feedline/react";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FakePlatform, settled } from "../../client/test/fakes";
import Delivery from "../src/admin/delivery";
import { settingsOf } from "../src/admin/experiments";
import { LanguageProvider } from "../src/i18n";
import { ToastProvider } from "../src/ui/toasts";

let platform: FakePlatform;

const arm = { published: 10, meanMs: 180, fallbackRate: 0.03, publishRate: 2 };
const bins = (...counts: number[]) => Array.from({ length: 64 }, (_, place) => counts[place - 12] ?? 0);
const REPORT = {
  arms: [
    { ...arm, variant: "control", people: 802, deliveries: 10466, p50Ms: 141, p95Ms: 462, bins: bins(1, 3, 2) },
    { ...arm, variant: "treatment", people: 795, deliveries: 10369, p50Ms: 198, p95Ms: 638, bins: bins(0, 2, 3, 1) },
  ],
  differences: [
    { measure: "timeToVisible", control: 178, treatment: 248, difference: 70, low: 59, high: 81, p: 1e-9, size: 0.42, sizeName: "Hedges' g" },
    { measure: "fallbackRate", control: 0.031, treatment: 0.029, difference: -0.002, low: -0.006, high: 0.002, p: 0.348, size: -0.01, sizeName: "Cohen's h" },
  ],
  sample: { planned: 394, reached: 795, power: 0.98, isMismatched: false },
  advice: null,
};
const CALM = { name: "calm", settings: { maxPendingPosts: 20 }, startedAt: "2026-01-22T10:00:00.000Z", stoppedAt: null };

beforeEach(() => {
  platform = new FakePlatform();
});

afterEach(cleanup);

async function answer(method: string, path: RegExp, status: number, body: unknown): Promise<void> {
  await act(async () => {
    await settled();
    await platform.request(method, path).answer(status, body);
    await settled();
  });
}

async function open(experiments: unknown[] = []): Promise<void> {
  render(
    <LanguageProvider>
      <ToastProvider>
        <FeedlineProvider client={new Feedline(platform)}>
          <Delivery />
        </FeedlineProvider>
      </ToastProvider>
    </LanguageProvider>,
  );
  await answer("GET", /admin\/realtime/, 200, { realtime: "on", since: null });
  await answer("GET", /admin\/experiments$/, 200, { experiments });
}

test("live delivery is switched off after a question, and on at once", async () => {
  await open();
  fireEvent.click(screen.getByText("Switch off"));
  fireEvent.click(within(screen.getByRole("dialog", { hidden: true })).getByText("Switch off"));
  await answer("PUT", /admin\/realtime/, 200, { realtime: "off", since: "2026-01-22T10:00:00.000Z" });
  expect(screen.getByText(/Live delivery is off/)).toBeDefined();
  fireEvent.click(screen.getByText("Switch on"));
  expect(platform.request("PUT", /admin\/realtime/).body).toBe('{"realtime":"on"}');
});

test("an experiment begins as it was written, and what is wrong stands at its field", async () => {
  await open();
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "Loud" } });
  fireEvent.change(screen.getByLabelText("What the treated half gets"), { target: { value: "realtime=off, maxPendingPosts=20" } });
  fireEvent.submit(screen.getByText("Start an experiment").closest("form") as HTMLFormElement);
  const body = { name: "Loud", settings: { realtime: "off", maxPendingPosts: 20 }, share: 1 };
  expect(JSON.parse(platform.request("POST", /admin\/experiments/).body as string)).toEqual(body);
  const problem = { code: "validation_failed", errors: [{ path: "name", message: "Use small letters." }] };
  await answer("POST", /admin\/experiments/, 422, problem);
  expect(screen.getByText("Use small letters.")).toBeDefined();
});

test("the report says how large a difference is and how sure, and shows both halves", async () => {
  await open([CALM]);
  await answer("GET", /experiments\/calm/, 200, { experiment: CALM, report: REPORT });
  const row = screen.getByRole("row", { name: /Time to visible 178/ });
  expect(row.textContent).toContain("59 ms … 81 ms0.42 (Hedges' g)< 0.001");
  expect(screen.getByText(/Each half needs 394 people/)).toBeDefined();
  expect(screen.getByText("How long readers waited").closest("figure")?.querySelectorAll(".admin-bar")).toHaveLength(4);
  expect(screen.queryByText("Start an experiment")).toBeNull();
  fireEvent.click(screen.getByText("Stop"));
  fireEvent.click(within(screen.getByRole("dialog", { hidden: true })).getByText("Stop"));
  await answer("POST", /calm\/stop/, 200, {});
  await answer("GET", /admin\/experiments$/, 200, { experiments: [{ ...CALM, stoppedAt: CALM.startedAt }] });
  expect(screen.getByText("Start an experiment")).toBeDefined();
});

test("without the library the page says what to install", async () => {
  await open([CALM]);
  const report = { ...REPORT, differences: [], sample: null, advice: "For intervals install feedline[experiment]." };
  await answer("GET", /experiments\/calm/, 200, { experiment: CALM, report });
  expect(screen.getByText(/feedline\[experiment\]/)).toBeDefined();
});

test("settings are read as the command line reads them", () => {
  expect(settingsOf("a=1 b=true,c=x=y  d=-2.5")).toEqual({ a: 1, b: true, c: "x=y", d: -2.5 });
});
