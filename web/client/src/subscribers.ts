import type { Feedline } from ".";
import { PeopleList } from "./people-list";
import type { Creator, Tier } from "./protocol";

export interface Subscriber {
  readonly user: Creator;
  readonly tier: Tier;
}

/** Who holds a tier of a creator, and what the creator does about it. */
export class Subscribers extends PeopleList<Subscriber> {
  readonly #path: string;

  constructor(client: Feedline, creatorId: string) {
    const path = `/api/users/${encodeURIComponent(creatorId)}/subscribers`;
    super(client, path, "subscribers", (event) => event.type === "new_subscription");
    this.#path = path;
  }

  /** Gives a person a tier, in place of the one they have. Rejects with `ApiProblem` 404 if there is nobody of this name. */
  readonly grant = async (idOrUsername: string, tier: Tier): Promise<void> => {
    const { user } = await this.client.api.user(idOrUsername);
    const { id, username, name, avatar, isVerified } = user;
    await this.client.api.call("PUT", this.#of(id), { tier });
    const granted = { user: { id, username, name, avatar, isVerified }, tier };
    this.set((people) => {
      const isHere = people.some((one) => one.user.id === id);
      return isHere ? people.map((one) => (one.user.id === id ? granted : one)) : [granted, ...people];
    });
  };

  readonly end = async (id: string): Promise<void> => {
    await this.client.api.call("DELETE", this.#of(id));
    this.drop(id);
  };

  #of(subscriberId: string): string {
    return `${this.#path}/${encodeURIComponent(subscriberId)}`;
  }
}
