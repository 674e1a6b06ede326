import { GONE_SILENT } from "../link";
import type { Platform, TabChannel } from "../platform";
import type { SharedConnection } from "../shared-connection";
import type { Line, LineHandlers, Transport, TransportName } from "../transports/transport";
import type { TabMessage, ToLeader } from "./messages";
import { TabLine } from "./tab-line";
import { lifeOf } from "./tab-server";

/** The way to the server through the tab that is connected to it. */
export class TabTransport implements Transport {
  /** That of the other tab. */
  name: TransportName = "ws";
  readonly isShared = true;
  readonly #platform: Platform;
  readonly #channel: TabChannel;
  readonly #connection: Pick<SharedConnection, "compete" | "retry">;
  readonly #tab: string;
  readonly #alive: Promise<void>;
  #line: TabLine | null = null;
  #giveUp: () => void = () => {};
  readonly #stopWaking: () => void;

  constructor(platform: Platform, channel: TabChannel, connection: Pick<SharedConnection, "compete" | "retry">) {
    this.#platform = platform;
    this.#channel = channel;
    this.#connection = connection;
    this.#tab = platform.newId();
    this.#alive = new Promise((held) => {
      this.#giveUp = platform.locks?.hold(lifeOf(this.#tab), { held }) ?? held;
    });
    this.#stopWaking = platform.onWake(() => this.#tell({ kind: "wake" }));
  }

  open(handlers: LineHandlers): Line {
    this.#line = new TabLine(this.#platform, this.#tab, (message) => this.#tell(message), handlers);
    void this.#alive.then(handlers.opened);
    return this.#line;
  }

  hear(message: TabMessage): void {
    if (message.kind === "state" && message.transport !== null) {
      this.name = message.transport;
      if (!this.#line?.isOpen) this.#connection.retry();
    }
    this.#line?.hear(message);
  }

  /** The other tab is frozen by the browser, or broken, if it says nothing. */
  ended(code: number): void {
    if (code === GONE_SILENT && this.#line?.isUnanswered) this.#connection.compete(true);
  }

  close(): void {
    this.#tell({ kind: "bye", tab: this.#tab });
    this.#stopWaking();
    this.#giveUp();
  }

  #tell(message: ToLeader): void {
    this.#channel.tell(message);
  }
}
