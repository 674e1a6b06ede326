import type { Connection } from "../connection";
import type { Delivery } from "../conversation";
import type { Platform, TabChannel } from "../platform";
import { together } from "../together";
import type { FromLeader, TabMessage } from "./messages";

interface Guest {
  channels: readonly string[];
  /** The newest one that is not answered. */
  question: number | null;
  /** Stops waiting for its end. */
  readonly forget: () => void;
}

/** The lock that a tab has for as long as it is there. */
export function lifeOf(tab: string): string {
  return `feedline.tab.${tab}`;
}

/** Lets other tabs take part in the connection of this one. */
export class TabServer {
  readonly #platform: Platform;
  readonly #connection: Connection;
  readonly #channel: TabChannel;
  readonly #leader: string;
  readonly #guests = new Map<string, Guest>();
  readonly #stopListening: () => void;

  constructor(platform: Platform, connection: Connection, channel: TabChannel) {
    this.#platform = platform;
    this.#connection = connection;
    this.#channel = channel;
    this.#leader = platform.newId();
    this.#stopListening = together(
      connection.subscribe(() => this.#changed()),
      connection.delivered.subscribe((news) => this.#pass(news)),
    );
    // Who was connected to another tab hears that it is not the one any more.
    this.#tellState();
  }

  close(): void {
    this.#stopListening();
    for (const { forget } of this.#guests.values()) forget();
    this.#connection.lend(new Set());
  }

  hear(message: TabMessage): void {
    switch (message.kind) {
      case "want":
        return this.#want(message.tab, message);
      case "bye":
        return this.#forget(message.tab);
      case "ping":
        this.#tell({ kind: "pong", leader: this.#leader, tab: message.tab, id: message.id });
        // What proves that this one is live: how far it is, though nothing happens.
        return this.#connection.state().status === "live" ? this.#tellState() : undefined;
      case "applied":
        return this.#connection.applied(message.cursor);
      case "wake":
        this.#connection.wake();
    }
  }

  /** An event is read once and cloned for the others. */
  #pass(deliveries: readonly Delivery[]): void {
    if (this.#guests.size > 0) this.#tell({ kind: "news", leader: this.#leader, deliveries });
  }

  #want(tab: string, { channels, question }: { channels: readonly string[]; question: number }): void {
    const forget = this.#guests.get(tab)?.forget ?? this.#waitForEnd(tab);
    this.#guests.set(tab, { channels, question, forget });
    this.#lend();
    this.#answer(tab);
  }

  /** A tab that crashed says nothing, but loses its lock. */
  #waitForEnd(tab: string): () => void {
    return this.#platform.locks?.hold(lifeOf(tab), { held: () => this.#forget(tab) }) ?? (() => {});
  }

  #forget(tab: string): void {
    this.#guests.get(tab)?.forget();
    if (this.#guests.delete(tab)) this.#lend();
  }

  #lend(): void {
    this.#connection.lend(new Set([...this.#guests.values()].flatMap(({ channels }) => channels)));
  }

  #changed(): void {
    this.#tellState();
    for (const tab of this.#guests.keys()) this.#answer(tab);
  }

  #tellState(): void {
    const { transport, isOff } = this.#connection.state();
    const carries = transport === "refresh" || transport === "none" ? null : transport;
    this.#tell({ kind: "state", leader: this.#leader, transport: carries, cursor: this.#connection.cursor, isOff });
  }

  #answer(tab: string): void {
    const guest = this.#guests.get(tab);
    if (!guest || guest.question === null) return;
    const { status, isOff } = this.#connection.state();
    const { cursor } = this.#connection;
    const to = { leader: this.#leader, tab };
    if (status === "catching-up" || status === "connecting") return this.#tell({ kind: "wait", ...to });
    const { question, channels } = guest;
    guest.question = null;
    if (status !== "live" || cursor === null) return this.#tell({ kind: "gone", ...to, isOff });
    const refused = channels.filter((channel) => !this.#connection.has(channel));
    this.#tell({ kind: "granted", ...to, question, cursor, refused });
  }

  #tell(message: FromLeader): void {
    this.#channel.tell(message);
  }
}
