import type { Platform } from "../platform";
import { isControl, type ChannelAnswer, type ClientMessage, type ControlMessage, type Cursor, type ServerMessage } from "../protocol";
import { askOn, askOnce, endOf, type Answer } from "./ask";
import { closeCodeFor, isRefusal } from "./statuses";
import type { Line, LineHandlers, Transport, TransportName } from "./transport";

export interface Position {
  readonly channels: readonly string[];
  readonly cursor: Cursor | null;
}

export interface SourceHandlers {
  message(message: ServerMessage): void;
  alive(): void;
  /** One of the channels is refused, and with it all. */
  refused(): void;
  closed(code: number): void;
}

/** Listens from a position on, `connected` first, until the returned function is called. */
export type Source = (position: Position, handlers: SourceHandlers) => () => void;

type Subscribe = ClientMessage & { type: "subscribe" };
type Connected = ControlMessage & { type: "connected" };

/** Two directions out of one: whatever the client says makes the source begin again where it had come to. */
export function oneWay(name: TransportName, platform: Platform, source: Source): Transport {
  return { name, open: (handlers) => new OneWay(platform, source, handlers) };
}

class OneWay implements Line {
  readonly #platform: Platform;
  readonly #source: Source;
  readonly #handlers: LineHandlers;
  readonly #channels = new Set<string>();
  #cursor: Cursor | null = null;
  #connected = false;
  #closed = false;
  #refusals: ChannelAnswer[] = [];
  /** What was said since the source began, and is answered when it has begun again. */
  #said: ClientMessage[] = [];
  #stop: () => void;
  #cancelBegin: () => void = () => {};

  constructor(platform: Platform, source: Source, handlers: LineHandlers) {
    this.#platform = platform;
    this.#source = source;
    this.#handlers = handlers;
    this.#stop = platform.clock.after(0, () => handlers.opened());
  }

  send(message: ClientMessage): void {
    switch (message.type) {
      case "connect":
        this.#cursor = message.cursor ?? null;
        for (const channel of message.channels) this.#channels.add(channel);
        return this.#begin();
      case "applied":
        return;
      case "subscribe":
        this.#channels.add(message.channel);
        break;
      case "unsubscribe":
        this.#channels.delete(message.channel);
    }
    this.#said.push(message);
    // Changes of one moment need one new beginning.
    this.#cancelBegin();
    this.#cancelBegin = this.#platform.clock.after(0, () => this.#begin());
  }

  close(): void {
    this.#closed = true;
    this.#cancelBegin();
    this.#stop();
  }

  #begin(): void {
    this.#stop();
    let current = true;
    const heard = <T>(handle: (value: T) => void) => (value: T) => current && !this.#closed && handle(value);
    const stop = this.#source(
      { channels: [...this.#channels], cursor: this.#cursor },
      {
        message: heard((message) => this.#hear(message)),
        alive: heard<void>(() => this.#handlers.alive()),
        refused: heard<void>(() => void this.#sortOut()),
        closed: heard((code) => this.#end(code)),
      },
    );
    this.#stop = () => {
      current = false;
      stop();
    };
  }

  #hear(message: ServerMessage): void {
    if (message.type === "connected") return this.#begun(message);
    const isEvent = !isControl(message);
    if (isEvent || message.type === "caught_up" || message.type === "heartbeat" || message.type === "resync") {
      this.#cursor = message.cursor;
    }
    this.#handlers.message(message);
  }

  #begun(message: Connected): void {
    if (!this.#connected) {
      this.#connected = true;
      this.#handlers.message({ ...message, channels: [...message.channels, ...this.#refusals] });
    }
    for (const said of this.#said.splice(0)) {
      if (said.type === "ping") this.#handlers.message({ type: "pong", id: said.id });
      if (said.type === "unsubscribe") this.#handlers.message({ ...said, type: "unsubscribed" });
      if (said.type === "subscribe") void this.#replay(said);
    }
  }

  /**
   * The source brings the new channel from the stream's position on; what lies between the channel's own position and
   * now is asked for beside it. Both may bring an event, and none is left out.
   */
  async #replay({ id, channel, cursor }: Subscribe): Promise<void> {
    let end = endOf({ cursor: this.#cursor ?? "" });
    for await (const { status, body, code } of cursor === undefined ? [] : askOn(this.#platform, [channel], cursor)) {
      if (this.#closed) return;
      if (!body) return isRefusal(status) ? this.#refuse(id, channel, status) : this.#end(code);
      for (const event of body.events) this.#handlers.message({ ...event, replay: id });
      end = endOf(body);
    }
    this.#handlers.message({ ...end, id });
  }

  /** Finds out which channels are refused, by asking for each alone, and goes on without them. */
  async #sortOut(): Promise<void> {
    this.#stop();
    const channels = [...this.#channels];
    const answers = await Promise.all(channels.map((channel) => askOnce(this.#platform, [channel], null)));
    if (this.#closed) return;
    const refused = channels.flatMap((channel, index) => {
      const { status } = answers[index] as Answer;
      return isRefusal(status) ? [{ channel, status }] : [];
    });
    if (refused.length === 0) return this.#end(closeCodeFor(0));
    for (const { channel, status } of refused) this.#drop(channel, status);
    this.#begin();
  }

  #drop(channel: string, status: number): void {
    this.#channels.delete(channel);
    this.#refusals.push({ channel, ok: false, code: codeOf(status) });
    const asked = this.#said.find((said): said is Subscribe => said.type === "subscribe" && said.channel === channel);
    if (!asked) return;
    this.#said = this.#said.filter((said) => said !== asked);
    this.#refuse(asked.id, channel, status);
  }

  #refuse(id: number, channel: string, status: number): void {
    this.#handlers.message({ type: "error", id, code: codeOf(status), message: channel });
  }

  #end(code: number): void {
    if (this.#closed) return;
    this.close();
    this.#handlers.closed(code);
  }
}

function codeOf(status: number): string {
  return status === 403 ? "forbidden" : "not_found";
}
