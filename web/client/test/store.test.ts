import { beforeEach, describe, expect, test } from "vitest";
import type { FeedEvent, Post } from "../src/protocol";
import { PostStore } from "../src/store";
import fc from "./examples";
import { asEventPost, FakeClock, makePost, postId } from "./fakes";
import { history, type History } from "./history";

function apply(store: PostStore, event: FeedEvent): void {
  if (event.type === "post_deleted") store.delete(event.postId);
  else if ("post" in event) store.put([event.post]);
}

/** Every delivery that the history allows: each event at least once, pages as of any moment, answers; in any order. */
const deliveries = history.chain((past) => {
  const pages = past.states.map((posts) => (store: PostStore) => store.put(posts));
  const events = past.events.map((event) => (store: PostStore) => apply(store, event));
  const answers = past.states.flat().filter(({ clientId }) => clientId !== null);
  const single = answers.map((post) => (store: PostStore) => store.put([post]));
  const extra = fc.shuffledSubarray([...pages, ...events, ...single]);
  const sending = fc.subarray([...new Set(answers.map(({ clientId }) => clientId ?? ""))]);
  return fc.tuple(fc.constant(past), extra, sending).chain(([, more, own]) =>
    fc.record({
      past: fc.constant(past),
      steps: fc.shuffledSubarray([...events, ...more], { minLength: events.length + more.length }),
      sending: fc.constant(own),
    }),
  );
});

function final({ states }: History): readonly Post[] {
  return states.at(-1) ?? [];
}

function everIn({ states }: History): Set<string> {
  return new Set(states.flat().map(({ id }) => id));
}

test("any order and any repetition of pages, events and answers ends in the same posts", () => {
  fc.assert(
    fc.property(deliveries, ({ past, steps, sending }) => {
      const store = new PostStore(new FakeClock(), 100);
      for (const clientId of sending) store.beginSending(clientId, makePost(0, { author: "me", clientId }));
      for (const step of steps) step(store);
      const wanted = new Map(final(past).map((post) => [post.id, post]));
      for (const id of everIn(past)) expect(store.entry(id)?.post).toEqual(wanted.get(id));
      expect(store.outgoing()).toEqual([]);
    }),
  );
});

test("at no moment is a post there twice, or back after its deletion", () => {
  fc.assert(
    fc.property(deliveries, ({ past, steps, sending }) => {
      const store = new PostStore(new FakeClock(), 100);
      for (const clientId of sending) store.beginSending(clientId, makePost(0, { author: "me", clientId }));
      const gone = new Set<string>();
      store.subscribe(({ deleted }) => deleted.forEach((id) => gone.add(id)));
      for (const step of steps) {
        step(store);
        const entries = [...everIn(past)].flatMap((id) => store.entry(id) ?? []).concat(store.outgoing());
        expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length);
        for (const id of gone) expect(store.entry(id)).toBeNull();
      }
    }),
  );
});

test("an older version never takes the place of a newer one", () => {
  const store = new PostStore(new FakeClock(), 100);
  store.put([makePost(1, { version: 2, text: "new" })]);
  store.put([makePost(1, { version: 1, text: "old" })]);
  expect(store.entry(postId(1))?.post.content.text).toBe("new");
});

test("an event keeps the viewer's like", () => {
  const store = new PostStore(new FakeClock(), 100);
  store.put([makePost(1, { isLiked: true })]);
  store.put([asEventPost(makePost(1, { version: 1, text: "edited" }))]);
  const post = store.entry(postId(1))?.post;
  expect(post?.engagement.isLiked).toBe(true);
  expect(post?.content.text).toBe("edited");
});

test("what is equal keeps its object and tells nobody", () => {
  const store = new PostStore(new FakeClock(), 100);
  store.put([makePost(1)]);
  const before = store.entry(postId(1));
  let changes = 0;
  store.subscribe(() => changes++);
  store.put([makePost(1)]);
  expect(store.entry(postId(1))).toBe(before);
  expect(changes).toBe(0);
});

test("an optimistic post keeps its key when the server's takes its place", () => {
  const store = new PostStore(new FakeClock(), 100);
  store.beginSending("key-1", makePost(0, { clientId: "key-1" }));
  expect(store.outgoing().map(({ key, delivery }) => [key, delivery])).toEqual([["key-1", "sending"]]);
  store.put([makePost(1, { clientId: "key-1" })]);
  expect(store.outgoing()).toEqual([]);
  expect(store.entry(postId(1))).toMatchObject({ key: "key-1", delivery: "sent" });
});

test("a failed post keeps its text and says why", () => {
  const store = new PostStore(new FakeClock(), 100);
  const error = new Error("no");
  store.beginSending("key-1", makePost(0, { clientId: "key-1", text: "mine" }));
  store.setDelivery("key-1", "failed", error);
  expect(store.outgoing()[0]).toMatchObject({ delivery: "failed", error, post: { content: { text: "mine" } } });
  store.setDelivery("key-1", "sending");
  expect(store.outgoing()[0]).toMatchObject({ delivery: "sending", error: null });
  store.discard("key-1");
  expect(store.outgoing()).toEqual([]);
});

test("a creator's new name is on all of their posts", () => {
  const store = new PostStore(new FakeClock(), 100);
  store.put([makePost(1), makePost(2), makePost(3, { author: "bob" })]);
  store.updateCreator({ id: "ann", username: "ann", name: "Ann B.", avatar: null, isVerified: true });
  expect([1, 2, 3].map((number) => store.entry(postId(number))?.post.creator.name)).toEqual(["Ann B.", "Ann B.", "bob"]);
});

describe("what is told beside the versions", () => {
  let store: PostStore;
  const engagement = () => store.entry(postId(1))?.post.engagement;
  const at = (second: number) => `2026-01-22T10:00:0${second}.000Z`;

  beforeEach(() => {
    store = new PostStore(new FakeClock(), 100);
    store.put([makePost(1)]);
  });

  test("changes the counts, and keeps the viewer's like", () => {
    store.engage(postId(1), { isLiked: true, likesCount: 1 });
    store.engage(postId(1), { likesCount: 2 }, at(1));
    store.engage(postId(1), { commentsCount: 3 }, at(2));
    expect(engagement()).toEqual({ likesCount: 2, commentsCount: 3, isLiked: true });
  });

  test("late or twice changes nothing", () => {
    store.engage(postId(1), { likesCount: 1 }, at(1));
    store.engage(postId(1), { likesCount: 2 }, at(2));
    store.engage(postId(1), { likesCount: 1 }, at(1));
    expect(engagement()?.likesCount).toBe(2);
  });

  test("is newer than a page that was asked for before", () => {
    const since = store.revision;
    store.engage(postId(1), { likesCount: 1 }, at(1));
    store.engage(postId(2), { likesCount: 5 }, at(1));
    store.put([makePost(1), makePost(2)], since);
    expect(engagement()?.likesCount).toBe(1);
    expect(store.entry(postId(2))?.post.engagement.likesCount).toBe(5);
  });

  test("of the viewer's own like leaves the count to a page that knows of that like", () => {
    const since = store.revision;
    store.engage(postId(1), { likesCount: 1, isLiked: true }, at(1));
    store.engage(postId(2), { likesCount: 1, isLiked: true }, at(1));
    const later = { likesCount: 4, commentsCount: 0, isLiked: true };
    store.put([{ ...makePost(1), engagement: later }, makePost(2)], since);
    expect(engagement()).toMatchObject({ likesCount: 4, isLiked: true });
    expect(store.entry(postId(2))?.post.engagement).toMatchObject({ likesCount: 1, isLiked: true });
  });

  test("is older than a page that was asked for after it", () => {
    store.engage(postId(1), { likesCount: 1, isLiked: true }, at(1));
    store.put([makePost(1)]);
    expect(engagement()).toMatchObject({ likesCount: 0, isLiked: false });
  });

  test("outlasts an event that is repeated", () => {
    store.engage(postId(1), { likesCount: 1 }, at(1));
    store.put([asEventPost(makePost(1))]);
    expect(engagement()?.likesCount).toBe(1);
  });
});

test("what nobody lists is dropped, what somebody holds is not", () => {
  const store = new PostStore(new FakeClock(), 100);
  const release = store.hold(() => [postId(1)]);
  for (let number = 1; number <= 1_000; number++) store.put([makePost(number)]);
  expect(store.entry(postId(1))).not.toBeNull();
  const known = Array.from({ length: 1_000 }, (_, index) => store.entry(postId(index + 1))).filter(Boolean);
  expect(known.length).toBeLessThanOrEqual(202);
  release();
  for (let number = 1_001; number <= 1_300; number++) store.put([makePost(number)]);
  expect(store.entry(postId(1))).toBeNull();
});

test("a batch is announced together, an own post in it at once", () => {
  const clock = new FakeClock();
  const store = new PostStore(clock, 100);
  const shown: (string | undefined)[] = [];
  store.subscribe(() => shown.push(store.entry(postId(1))?.post.content.text));
  const receive = (text: string, version: number) =>
    store.transaction(() => store.put([makePost(1, { text, version })]), "paced");
  receive("first", 0);
  receive("second", 1);
  receive("third", 2);
  expect(shown).toEqual(["first"]);
  clock.advance(100);
  expect(shown).toEqual(["first", "third"]);
  store.beginSending("key", makePost(0, { author: "me", clientId: "key" }));
  store.transaction(() => store.put([makePost(2, { author: "me", clientId: "key" })]), "paced");
  expect(shown).toHaveLength(4);
});

test("a locked post keeps its title and loses its text", () => {
  const store = new PostStore(new FakeClock(), 100);
  store.put([makePost(1, { text: "for members" })]);
  store.lockWhere(({ id }) => id === postId(1));
  expect(store.entry(postId(1))?.post).toMatchObject({ content: { text: "" }, access: { isLocked: true } });
});

test("a post that was taken away may come back, a deleted one may not", () => {
  const store = new PostStore(new FakeClock(), 100);
  store.put([makePost(1), makePost(2)]);
  store.removeWhere(({ id }) => id === postId(1));
  store.delete(postId(2));
  store.put([makePost(1), makePost(2)]);
  expect(store.entry(postId(1))).not.toBeNull();
  expect(store.entry(postId(2))).toBeNull();
});

test("a transaction is announced once", () => {
  const store = new PostStore(new FakeClock(), 100);
  let changes = 0;
  store.subscribe(() => changes++);
  store.transaction(() => {
    store.put([makePost(1)]);
    store.put([makePost(2)]);
    store.delete(postId(1));
  });
  expect(changes).toBe(1);
});
