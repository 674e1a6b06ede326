import type { Api, Credentials, ProfileChange } from "./api";
import { Emitter } from "./emitter";
import type { User } from "./protocol";

export interface SessionState {
  /** `unknown`: the server could not be asked. */
  readonly status: "checking" | "unknown" | "signed-out" | "signed-in";
  readonly user: User | null;
  /** The session was ended by the server, not by the person here. */
  readonly expired: boolean;
}

/** Who is signed in. The credentials are a cookie that only the server can read. */
export class Session {
  readonly #api: Api;
  readonly #changes = new Emitter<SessionState>();
  #state: SessionState = { status: "checking", user: null, expired: false };
  /** Grows with each question, and with each change. */
  #turn = 0;

  readonly subscribe = this.#changes.subscribe;
  readonly state = (): SessionState => this.#state;

  constructor(api: Api) {
    this.#api = api;
  }

  /** Asks the server who this is. Resolves with whether somebody is signed in, or null if it could not be asked. */
  async check(): Promise<boolean | null> {
    const before = this.#state.status;
    const turn = ++this.#turn;
    const user = await this.#api.whoAmI().catch(() => undefined);
    // Nobody has signed in or out meanwhile, and it was not asked again.
    if (turn === this.#turn) {
      if (user) this.#signedIn(user);
      else if (user === null) this.#signedOut(before === "signed-in");
      else if (before !== "signed-in") this.#set({ status: "unknown", user: null, expired: false });
    }
    return user === undefined ? null : user !== null;
  }

  register(body: Credentials & { name?: string }): Promise<void> {
    return this.#enter(this.#api.register(body));
  }

  login(credentials: Credentials): Promise<void> {
    return this.#enter(this.#api.login(credentials));
  }

  async logout(): Promise<void> {
    await this.#api.logout();
    this.#signedOut(false);
  }

  async change(change: ProfileChange): Promise<User> {
    const { user } = await this.#api.editMe(change);
    this.#signedIn(user);
    return user;
  }

  /** The server said that nobody is signed in. */
  expire(): void {
    if (this.#state.status === "signed-in") this.#signedOut(true);
  }

  async #enter(answer: Promise<{ user: User }>): Promise<void> {
    this.#signedIn((await answer).user);
  }

  #signedIn(user: User): void {
    this.#set({ status: "signed-in", user, expired: false });
  }

  #signedOut(expired: boolean): void {
    this.#set({ status: "signed-out", user: null, expired });
  }

  #set(state: SessionState): void {
    this.#turn += 1;
    this.#state = state;
    this.#changes.emit(state);
  }
}
