import type { ClientMessage, ServerMessage } from "../protocol";

export type TransportName = "ws" | "sse" | "poll";

/** A way to the server that carries the messages of a WebSocket, whatever it is made of. */
export interface Transport {
  readonly name: TransportName;
  open(handlers: LineHandlers): Line;
}

export interface Line {
  send(message: ClientMessage): void;
  /** Ends the line from this side, without a call to `closed`. */
  close(): void;
}

export interface LineHandlers {
  /** `connect` may be sent. Comes after `open` has returned. */
  opened(): void;
  message(message: ServerMessage): void;
  /** Something came, be it no message. */
  alive(): void;
  /** A close code, also where the transport itself has none. */
  closed(code: number): void;
}
