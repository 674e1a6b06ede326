import type { Platform, TabChannel } from "../platform";
import type { SharedConnection } from "../shared-connection";
import type { TabMessage } from "./messages";
import { TabServer } from "./tab-server";
import { TabTransport } from "./tab-transport";

/** What this tab is to the others: the one that is connected, or one that takes part. */
export class Seat {
  readonly #platform: Platform;
  readonly #connection: SharedConnection;
  readonly #channel: TabChannel;
  #server: TabServer | null = null;
  #transport: TabTransport | null = null;

  constructor(platform: Platform, connection: SharedConnection, channel: TabChannel) {
    this.#platform = platform;
    this.#connection = connection;
    this.#channel = channel;
  }

  lead(): void {
    this.close();
    this.#serve();
  }

  follow(): void {
    if (this.#transport) return;
    this.close();
    this.#transport = new TabTransport(this.#platform, this.#channel, this.#connection);
    this.#connection.use([this.#transport]);
  }

  hear(message: TabMessage): void {
    if (this.#transport) this.#transport.hear(message);
    else this.#serve().hear(message);
  }

  close(): void {
    this.#server?.close();
    this.#server = null;
    this.#transport?.close();
    this.#transport = null;
  }

  #serve(): TabServer {
    return (this.#server ??= new TabServer(this.#platform, this.#connection, this.#channel));
  }
}
