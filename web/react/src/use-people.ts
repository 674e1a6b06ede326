import type { Feedline } from "@feedline/client";
import { Blocks, type Block } from "@feedline/client/blocks";
import { People, type Person, type PersonSnapshot } from "@feedline/client/people";
import type { PeopleListSnapshot } from "@feedline/client/people-list";
import { Subscribers, type Subscriber } from "@feedline/client/subscribers";
import { Suggestions, type SuggestionsSnapshot } from "@feedline/client/suggestions";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useFeedline } from "./provider";

/** One for each client, so that who is followed in one place is so in all. */
const everyone = new WeakMap<Feedline, People>();

/** People, for following them. */
export function usePeople(): People {
  const client = useFeedline();
  const people = everyone.get(client) ?? new People(client);
  everyone.set(client, people);
  return people;
}

export interface UsePerson extends PersonSnapshot {
  page: Person;
}

/** One person by id or username, kept current for as long as the component is there. */
export function usePerson(idOrUsername: string): UsePerson {
  const people = usePeople();
  const page = useMemo(() => people.person(idOrUsername), [people, idOrUsername]);
  const snapshot = useSyncExternalStore(page.subscribe, page.snapshot);
  useEffect(() => page.open(), [page]);
  return { ...snapshot, page };
}

export interface UseSuggestions extends SuggestionsSnapshot {
  load: () => Promise<void>;
}

/** People to follow, loaded when the component comes. */
export function useSuggestions(): UseSuggestions {
  const client = useFeedline();
  const people = usePeople();
  const suggestions = useMemo(() => new Suggestions(client, people), [client, people]);
  const snapshot = useSyncExternalStore(suggestions.subscribe, suggestions.snapshot);
  useEffect(() => void suggestions.load(), [suggestions]);
  return { ...snapshot, load: suggestions.load };
}

export interface UseSubscribers extends PeopleListSnapshot<Subscriber> {
  list: Subscribers;
}

export interface UseBlocks extends PeopleListSnapshot<Block> {
  list: Blocks;
}

/** Whom the viewer has blocked. */
export function useBlocks(): UseBlocks {
  const client = useFeedline();
  const people = usePeople();
  const list = useMemo(() => new Blocks(client, people), [client, people]);
  const snapshot = useSyncExternalStore(list.subscribe, list.snapshot);
  useEffect(() => list.open(), [list]);
  return { ...snapshot, list };
}

/** Who holds a tier of a creator, for the creator. */
export function useSubscribers(creatorId: string): UseSubscribers {
  const client = useFeedline();
  const list = useMemo(() => new Subscribers(client, creatorId), [client, creatorId]);
  const snapshot = useSyncExternalStore(list.subscribe, list.snapshot);
  useEffect(() => list.open(), [list]);
  return { ...snapshot, list };
}
