import type { Feedline, LiveQuery } from ".";
import type { Cursor } from "./protocol";

/** How long a post has to stay in sight, or out of it: who scrolls by asks for nothing. */
const SETTLE_MS = 400;
/** A transport that only listens has to begin again for each change of its channels. */
const SETTLE_ONE_WAY_MS = 2_000;
/** Posts whose channels are held at most: more than fit a window. */
const MOST = 24;
/** From an older position than this, one request is less than everything that was told since. */
const OLDEST_MS = 60_000;
const MOST_POSITIONS = 500;

interface Position {
  cursor: Cursor;
  at: number;
}

/** Holds the channels of the posts that are in sight, so that their likes and comments are counted live. */
export class VisiblePosts {
  readonly #client: Feedline;
  readonly #inSight = new Set<string>();
  readonly #held = new Map<string, () => void>();
  /** Up to where what is shown of a post is known, by its id. */
  readonly #positions = new Map<string, Position>();
  #cancel: (() => void) | null = null;

  constructor(client: Feedline) {
    this.#client = client;
  }

  /** A post was put on the page, with what has been told up to now. */
  drawn(id: string): void {
    if (!this.#positions.has(id)) this.#note(id);
  }

  /** Those that came into sight last are the ones that are held if there are too many. */
  entered(id: string): void {
    this.#inSight.delete(id);
    this.#inSight.add(id);
    this.#settleLater();
  }

  left(id: string): void {
    if (this.#inSight.delete(id)) this.#settleLater();
  }

  /** Lets go of everything. */
  close(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#inSight.clear();
    this.#settle();
  }

  #settleLater(): void {
    if (this.#cancel) return;
    const { transport } = this.#client.connection.state();
    const delay = transport === "ws" ? SETTLE_MS : SETTLE_ONE_WAY_MS;
    this.#cancel = this.#client.clock.after(delay, () => {
      this.#cancel = null;
      this.#settle();
    });
  }

  #settle(): void {
    const wanted = new Set([...this.#inSight].filter((id) => this.#isOpen(id)).slice(-MOST));
    for (const [id, leave] of this.#held) {
      if (wanted.has(id)) continue;
      this.#held.delete(id);
      leave();
      this.#note(id);
    }
    for (const id of wanted) if (!this.#held.has(id)) this.#held.set(id, this.#hold(id));
  }

  /** What is locked, or not published yet, has no channel for the viewer. */
  #isOpen(id: string): boolean {
    const entry = this.#client.store.entry(id);
    return entry !== null && entry.delivery === "sent" && !entry.post.access.isLocked;
  }

  #hold(id: string): () => void {
    let isHeld = false;
    const query: LiveQuery = this.#client.live(`post:${id}`, async () => {
      const known = this.#positions.get(id);
      // Once it is held, the list that the post is in looks after it.
      const cursor = known && (isHeld || this.#isRecent(known)) ? known.cursor : await this.#load(id);
      isHeld = true;
      return cursor;
    });
    return query.open();
  }

  #isRecent({ at }: Position): boolean {
    return this.#client.clock.now() - at < OLDEST_MS;
  }

  async #load(id: string): Promise<Cursor> {
    const since = this.#client.store.revision;
    const { post, cursor } = await this.#client.api.post(id);
    this.#client.store.put([post], since);
    this.#remember(id, cursor);
    return cursor;
  }

  #note(id: string): void {
    const { cursor } = this.#client.connection;
    if (cursor !== null) this.#remember(id, cursor);
  }

  #remember(id: string, cursor: Cursor): void {
    this.#positions.delete(id);
    this.#positions.set(id, { cursor, at: this.#client.clock.now() });
    for (const old of this.#positions.keys()) {
      if (this.#positions.size <= MOST_POSITIONS) break;
      this.#positions.delete(old);
    }
  }
}
