import { ApiProblem, type Api, type User } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useCallback, useEffect, useState } from "react";

interface Loaded {
  username: string;
  phase: "loading" | "ready" | "missing" | "failed";
  user: User | null;
  error: unknown;
}

/** People by name, as last loaded: on the way back to a profile it is there at once, and with it the old place on it. */
const lastLoaded = new WeakMap<Api, Map<string, User>>();

function known(api: Api): Map<string, User> {
  const people = lastLoaded.get(api) ?? new Map<string, User>();
  lastLoaded.set(api, people);
  return people;
}

function remembered(api: Api, username: string): Loaded {
  const user = known(api).get(username) ?? null;
  return { username, phase: user ? "ready" : "loading", user, error: null };
}

function failed(api: Api, username: string, error: unknown): Loaded {
  const missing = error instanceof ApiProblem && error.status === 404;
  if (missing) known(api).delete(username);
  const rest = remembered(api, username);
  return rest.user ? rest : { ...rest, phase: missing ? "missing" : "failed", error };
}

/** A person by name. */
export function useUser(username: string): Loaded & { reload(): void } {
  const { api } = useFeedline();
  const [loaded, setLoaded] = useState(() => remembered(api, username));

  const load = useCallback(() => {
    let wanted = true;
    const show = (what: Loaded) => wanted && setLoaded(what);
    show(remembered(api, username));
    api.user(username).then(
      ({ user }) => {
        known(api).set(username, user);
        show(remembered(api, username));
      },
      (error: unknown) => show(failed(api, username, error)),
    );
    return () => {
      wanted = false;
    };
  }, [api, username]);
  useEffect(load, [load]);

  // Between two people's pages the first one's answer is still there for a moment.
  const current = loaded.username === username ? loaded : remembered(api, username);
  return { ...current, reload: load };
}
