import type { Feedline } from "./feedline";

/** Far less than a session lasts, so that one that is in use does not run out. */
const RENEW_MS = 12 * 3_600_000;

/** Lets the session of whoever is signed in go on: now, and for as long as the page stays open. */
export function renewSession({ api, clock, session }: Feedline): void {
  let cancel = (): void => {};
  const renewLater = (): void => {
    cancel();
    cancel = clock.after(RENEW_MS, renew);
  };
  const renew = (): void => {
    renewLater();
    // If it fails, the session still lasts a while, and the next page or the next turn renews it.
    api.call("POST", "/api/auth/refresh").catch(() => {});
  };
  session.subscribe(({ user }) => (user ? renewLater() : cancel()));
  renew();
}
