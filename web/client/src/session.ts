import type { Api, Credentials, ProfileChange } from "./api";
import { Emitter } from "./emitter";
import type { Clock } from "./platform";
import type { User } from "./protocol";

export interface SessionState {
  /** `unknown`: the server could not be asked. */
  readonly status: "checking" | "unknown" | "signed-out" | "signed-in";
  readonly user: User | null;
  /** The session was ended by the server, not by the person here. */
  readonly expired: boolean;
}

/** Far less than a session lasts, so that one that is in use does not run out. */
const RENEW_MS = 12 * 3_600_000;

const SIGNED_OUT: SessionState = { status: "signed-out", user: null, expired: false };

/** Who is signed in. The credentials are a cookie that only the server can read. */
export class Session {
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #changes = new Emitter<SessionState>();
  #state: SessionState = { status: "checking", user: null, expired: false };

  readonly subscribe = this.#changes.subscribe;
  readonly state = (): SessionState => this.#state;

  #cancelRenewal: () => void = () => {};

  constructor(api: Api, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** Asks the server who this is. Resolves with whether somebody is signed in, or null if it could not be asked. */
  async check(): Promise<boolean | null> {
    const before = this.#state;
    try {
      const user = await this.#api.whoAmI();
      if (user && before.status !== "signed-in") this.#renew();
      if (user) this.#set({ status: "signed-in", user, expired: false });
      else this.#set({ ...SIGNED_OUT, expired: before.status === "signed-in" });
      return user !== null;
    } catch {
      if (before.status !== "signed-in") this.#set({ status: "unknown", user: null, expired: false });
      return null;
    }
  }

  register(body: Credentials & { name?: string }): Promise<void> {
    return this.#enter(this.#api.register(body));
  }

  login(credentials: Credentials): Promise<void> {
    return this.#enter(this.#api.login(credentials));
  }

  async logout(): Promise<void> {
    await this.#api.logout();
    this.#set(SIGNED_OUT);
  }

  async change(change: ProfileChange): Promise<User> {
    const { user } = await this.#api.editMe(change);
    this.#set({ ...this.#state, user });
    return user;
  }

  /** The server said that nobody is signed in. */
  expire(): void {
    if (this.#state.status === "signed-in") this.#set({ ...SIGNED_OUT, expired: true });
  }

  async #enter(answer: Promise<{ user: User }>): Promise<void> {
    const { user } = await answer;
    this.#renewLater();
    this.#set({ status: "signed-in", user, expired: false });
  }

  #renew(): void {
    // If it fails, the session still lasts a while, and the next page or the next turn renews it.
    this.#api.refresh().catch(() => {});
    this.#renewLater();
  }

  #renewLater(): void {
    this.#cancelRenewal();
    this.#cancelRenewal = this.#clock.after(RENEW_MS, () => this.#renew());
  }

  #set(state: SessionState): void {
    this.#state = state;
    if (state.status !== "signed-in") this.#cancelRenewal();
    this.#changes.emit(state);
  }
}
