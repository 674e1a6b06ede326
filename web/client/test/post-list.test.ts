import { beforeEach, describe, expect, test } from "vitest";
import { PostList } from "../src/post-list";
import type { Placed } from "../src/timeline";
import fc from "./examples";
import { makePost, postId } from "./fakes";

let list: PostList;

beforeEach(() => {
  list = new PostList(3);
});

const post = (number: number): Placed => makePost(number);
const posts = (...numbers: number[]) => numbers.map(post);
const numbers = (placed: readonly Placed[]) => placed.map(({ id }) => Number(id.slice(5)));
const wait = (...ids: number[]) => ids.forEach((id) => list.insert(post(id), true));
const none = new Set<string>();

describe("order", () => {
  test("is that of time, whatever the ids", () => {
    list.append([
      { id: "b", createdAt: "2026-01-22T10:00:00.000Z" },
      { id: "a", createdAt: "2026-01-22T10:00:01.000Z" },
      { id: "c", createdAt: "2026-01-22T10:00:00.000Z" },
    ]);
    expect(list.shown().map(({ id }) => id)).toEqual(["a", "c", "b"]);
  });

  test("does not depend on how posts come, and none is there twice", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.boolean())), (steps) => {
        list = new PostList(100);
        for (const [number, waits] of steps) list.insert(post(number), waits);
        list.release();
        const wanted = [...new Set(steps.map(([number]) => number))].toSorted((a, b) => b - a);
        expect(numbers(list.shown())).toEqual(wanted);
      }),
    );
  });
});

describe("posts that wait", () => {
  test("are held up to a number; older ones fall out, and are still counted", () => {
    wait(1, 2, 3);
    expect(list).toMatchObject({ waiting: 3, hasGap: false });
    wait(4, 5);
    expect(numbers(list.pending())).toEqual([5, 4, 3]);
    expect(list).toMatchObject({ waiting: 5, hasGap: true });
  });

  test("are counted once, however often they come", () => {
    wait(1, 2, 3, 4, 5, 1, 2, 5, 4);
    expect(list.waiting).toBe(5);
  });

  test("are shown when they are released", () => {
    list.append(posts(1));
    wait(3, 2);
    list.release();
    expect(numbers(list.shown())).toEqual([3, 2, 1]);
    expect(list).toMatchObject({ waiting: 0, hasGap: false });
  });

  test("leave when they are deleted", () => {
    wait(1, 2);
    list.remove(postId(1));
    expect(list.waiting).toBe(1);
  });
});

describe("a fresh list", () => {
  test("takes the place of the old one, but keeps what came meanwhile", () => {
    list.append(posts(3, 2, 1));
    list.replace(posts(4, 2), new Set([postId(3)]), { wait: false, complete: true });
    expect(numbers(list.shown())).toEqual([4, 3, 2]);
  });

  test("makes wait what is new above the end of the old one", () => {
    list.append(posts(5, 3));
    list.replace(posts(6, 5, 4, 3, 2), none, { wait: true, complete: true });
    expect(numbers(list.shown())).toEqual([5, 3, 2]);
    expect(numbers(list.pending())).toEqual([6, 4]);
  });

  test("counts again what had fallen out", () => {
    list.append(posts(1));
    wait(2, 3, 4, 5);
    list.replace(posts(6, 5, 4, 3, 1), none, { wait: true, complete: true });
    expect(list).toMatchObject({ waiting: 4, hasGap: true });
    expect(numbers(list.pending())).toEqual([6, 5, 4]);
  });

  test("that ends above the reader leaves what is below it", () => {
    list.append(posts(5, 4, 3, 2, 1));
    list.replace(posts(6, 5, 3), none, { wait: true, complete: false });
    expect(numbers(list.shown())).toEqual([5, 3, 2, 1]);
    expect(list).toMatchObject({ waiting: 1, hasGap: false });
  });

  test("that does not reach down to the old one leaves a gap", () => {
    list.append(posts(2, 1));
    list.replace(posts(9, 8), none, { wait: true, complete: false });
    expect(numbers(list.shown())).toEqual([2, 1]);
    expect(list.hasGap).toBe(true);
  });
});
