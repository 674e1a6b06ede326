import type { Feedline } from ".";
import { PeopleList } from "./people-list";
import type { People } from "./people";
import { partedFrom, type Creator } from "./protocol";

export interface Block {
  readonly user: Creator;
  readonly createdAt: string;
}

/** Whom the viewer has blocked, the newest first. */
export class Blocks extends PeopleList<Block> {
  readonly #people: People;

  constructor(client: Feedline, people: People) {
    super(client, "/api/me/blocks", "blocks", (event) => partedFrom(event) !== undefined);
    this.#people = people;
  }

  readonly unblock = async (id: string): Promise<void> => {
    await this.#people.block(id, false);
    this.drop(id);
  };
}
