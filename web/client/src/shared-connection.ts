import { Connection, type ConnectionHandlers } from "./connection";
import type { Ladder } from "./ladder";
import { withDeferred } from "./load-deferred";
import type { Platform, TabChannel } from "./platform";
import type { TabMessage } from "./sharing/messages";
import type { Seat } from "./sharing/seat";
import type { Transport } from "./transports/transport";
import { webSocket } from "./transports/web-socket";

/** Tabs of another version of the page are another browser: they may say other things. */
const VERSION = 1;

/**
 * One connection for all tabs of a browser that has locks: the tab with the lock is connected to the server, and the
 * others to that tab. Who gets the lock next goes on from the position that it has reached itself.
 */
export class SharedConnection extends Connection {
  readonly #platform: Platform;
  #best: Transport | undefined;
  #lock = "";
  #channel: TabChannel | null = null;
  #hasLock = false;
  /** This tab among others, since it has noticed one. */
  #seat: Seat | null = null;
  #giveUp: () => void = () => {};

  constructor(platform: Platform, handlers: ConnectionHandlers) {
    super(platform, handlers);
    this.#platform = platform;
  }

  override start(viewerId: string): void {
    super.start(viewerId);
    const { tabs, locks } = this.#platform;
    if (this.#channel) return;
    if (!tabs || !locks) return this.#best ? undefined : this.#connect();
    this.#lock = `feedline.${VERSION}.${viewerId}`;
    this.#channel = tabs.join(this.#lock, (message) => {
      if (this.#seat || this.#hasLock) this.#share((seat) => seat.hear(message as TabMessage));
    });
    this.compete();
  }

  override stop(): void {
    super.stop();
    this.#seat?.close();
    this.#seat = null;
    this.#giveUp();
    this.#hasLock = false;
    this.#channel?.leave();
    this.#channel = null;
    // The next viewer competes anew.
    this.use([]);
  }

  override use(transports: readonly Transport[], LadderClass?: typeof Ladder): void {
    this.#best = transports[0];
    super.use(transports, LadderClass);
  }

  /** Waits to be the tab that is connected to the server, or becomes it at once in place of one that says nothing. */
  compete(steal = false): void {
    const follow = () => {
      this.#hasLock = false;
      // Two connections are better than none.
      this.#share(
        (seat) => seat.follow(),
        () => this.#connect(),
      );
    };
    const held = () => {
      this.#hasLock = true;
      this.#connect();
      this.#seat?.lead();
    };
    const lost = () => (follow(), this.compete());
    this.#giveUp();
    this.#giveUp = this.#platform.locks?.hold(this.#lock, { held, taken: follow, lost }, steal) ?? this.#giveUp;
  }

  #connect(): void {
    const best = webSocket(this.#platform);
    this.use([best]);
    withDeferred(({ fallbacks, Ladder }) => {
      if (this.#best === best) this.use([best, ...fallbacks(this.#platform)], Ladder);
    });
  }

  #share(work: (seat: Seat) => void, failed?: () => void): void {
    const channel = this.#channel;
    withDeferred(({ Seat }) => {
      if (channel && channel === this.#channel) work((this.#seat ??= new Seat(this.#platform, this, channel)));
    }, failed);
  }
}
