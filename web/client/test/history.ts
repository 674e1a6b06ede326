import type { FeedEvent, Post } from "../src/protocol";
import fc from "./examples";
import { created, deleted, makePost, updated } from "./fakes";

/** What a server did: its events in log order, and what a list read at any moment would have held. */
export interface History {
  readonly events: readonly FeedEvent[];
  /** `states[n]`: the posts after the first n events, newest first. */
  readonly states: readonly (readonly Post[])[];
}

export const ME = "me";

interface Step {
  kind: "create" | "edit" | "delete";
  own: boolean;
  pick: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("create", "create", "edit", "delete"),
  own: fc.boolean(),
  pick: fc.nat(),
});

/** Some people publishing, editing and deleting; one of them is the viewer, whose posts carry client ids. */
export const history: fc.Arbitrary<History> = fc.array(step, { minLength: 1, maxLength: 25 }).map(play);

function play(steps: readonly Step[]): History {
  const events: FeedEvent[] = [];
  const states: Post[][] = [[]];
  let count = 0;
  for (const [index, { kind, own, pick }] of steps.entries()) {
    const posts = states.at(-1) ?? [];
    const chosen = posts[pick % Math.max(1, posts.length)];
    const cursor = `c${index}`;
    if (kind === "create" || !chosen) {
      count += 1;
      const traits = own ? { author: ME, clientId: `key-${count}`, version: index } : { version: index };
      const post = makePost(count, traits);
      events.push(created(post, cursor));
      states.push([post, ...posts]);
    } else if (kind === "edit") {
      const post = { ...chosen, content: { ...chosen.content, text: `edited ${index}` }, updatedAt: stamp(index) };
      events.push(updated(post, cursor));
      states.push(posts.map((other) => (other === chosen ? post : other)));
    } else {
      events.push(deleted(chosen, cursor));
      states.push(posts.filter((other) => other !== chosen));
    }
  }
  return { events, states };
}

function stamp(version: number): string {
  return makePost(0, { version }).updatedAt;
}
