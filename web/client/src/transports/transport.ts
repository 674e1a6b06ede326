import type { ClientMessage, ServerMessage } from "../protocol";

export type TransportName = "ws" | "sse" | "poll";

/** A way to the server that carries the messages of a WebSocket, whatever it is made of. */
export interface Transport {
  readonly name: TransportName;
  /** It is another tab's: what happens to it says nothing about the network. */
  readonly isShared?: boolean;
  open(handlers: LineHandlers): Line;
  /** Hears of the end of each line, and of the close code that was made of it. */
  ended?(code: number): void;
}

export interface Line {
  send(message: ClientMessage): void;
  /** Ends the line from this side, without a call to `closed`. */
  close(): void;
}

export interface LineHandlers {
  /** `connect` may be sent. Comes after `open` has returned. */
  opened(): void;
  /** `through`: the channels that may have brought an event, if they are other than those that were asked for. */
  message(message: ServerMessage, through?: ReadonlySet<string>): void;
  /** Something came, be it no message. */
  alive(): void;
  /** A close code, also where the transport itself has none. */
  closed(code: number): void;
}
