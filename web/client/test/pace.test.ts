import { beforeEach, expect, test } from "vitest";
import { Pace } from "../src/pace";
import { FakeClock } from "./fakes";

let clock: FakeClock;
let runs: number[];
let pace: Pace;

beforeEach(() => {
  clock = new FakeClock();
  const start = clock.now();
  runs = [];
  pace = new Pace(clock, 100, () => runs.push(clock.now() - start));
});

test("the first of a quiet time runs at once", () => {
  pace.request();
  expect(runs).toEqual([0]);
  clock.advance(1_000);
  pace.request();
  expect(runs).toEqual([0, 1_000]);
});

test("what comes soon after it runs together, once for each interval", () => {
  for (let ms = 0; ms < 250; ms += 10) {
    pace.request();
    clock.advance(10);
  }
  clock.advance(1_000);
  expect(runs).toEqual([0, 100, 200, 300]);
});

test("what cannot wait takes along what waits", () => {
  pace.request();
  pace.request();
  pace.rush();
  expect(runs).toEqual([0, 0]);
  clock.advance(1_000);
  expect(runs).toEqual([0, 0]);
});
