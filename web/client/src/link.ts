import type { Clock, Platform, Socket } from "./platform";
import { parseMessage, type ClientMessage, type ServerMessage } from "./protocol";

/** From opening the socket to `connected`; a network that swallows packets gives no error of its own. */
const OPEN_TIMEOUT_MS = 10_000;
/** How long a probed server may take to say anything. */
const PROBE_TIMEOUT_MS = 4_000;
/** How often silence is measured. */
const TICK_MS = 5_000;
/** A tick this late means that the machine slept. */
const SLEPT_MS = 3 * TICK_MS;

/** The code reported for a link that this side gave up. */
export const GONE_SILENT = 1006;

export interface LinkHandlers {
  opened(): void;
  message(message: ServerMessage): void;
  /** Called once; nothing comes after it. */
  down(code: number): void;
}

/**
 * One socket from its opening to its end, and the watch over it: TCP may take many minutes to notice a dead peer, so
 * silence beyond twice the heartbeat, or a probe without an answer, ends the link here.
 */
export class Link {
  readonly #clock: Clock;
  readonly #handlers: LinkHandlers;
  readonly #socket: Socket;
  #cancelDeadline: () => void;
  #cancelTick: () => void = () => {};
  #probing = false;
  #ended = false;
  #lastHeard: number;
  #lastTick = 0;
  #established = false;
  #silenceLimit = Number.POSITIVE_INFINITY;
  #lastId = 0;

  constructor(platform: Platform, path: string, handlers: LinkHandlers) {
    this.#clock = platform.clock;
    this.#handlers = handlers;
    this.#lastHeard = this.#clock.now();
    this.#cancelDeadline = this.#clock.after(OPEN_TIMEOUT_MS, () => this.#end(GONE_SILENT));
    this.#socket = platform.openSocket(path, {
      opened: () => this.#ended || handlers.opened(),
      message: (text) => this.#hear(text),
      closed: (code) => this.#end(code),
    });
  }

  /** When the server last said anything, in milliseconds since the epoch. */
  get lastHeard(): number {
    return this.#lastHeard;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  send(message: ClientMessage): void {
    if (!this.#ended) this.#socket.send(JSON.stringify(message));
  }

  /** The session stands: from now on, silence is measured against the server's own heartbeat (0: it has none). */
  established(heartbeatMs: number): void {
    this.#cancelDeadline();
    this.#established = true;
    if (heartbeatMs > 0) this.#silenceLimit = 2 * heartbeatMs;
    this.#lastTick = this.#clock.now();
    this.#watch();
  }

  /** Asks for a sign of life; without one the link is down in a few seconds. */
  probe(): void {
    if (this.#ended || this.#probing || !this.#established) return;
    this.#probing = true;
    this.#cancelDeadline = this.#clock.after(PROBE_TIMEOUT_MS, () => this.#end(GONE_SILENT));
    this.send({ type: "ping", id: this.nextId() });
  }

  /** Ends the link from this side, without a call to `down`. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelDeadline();
    this.#cancelTick();
    this.#socket.close();
  }

  #hear(text: string): void {
    if (this.#ended) return;
    this.#lastHeard = this.#clock.now();
    if (this.#probing) {
      this.#probing = false;
      this.#cancelDeadline();
    }
    const message = parseMessage(text);
    if (message) this.#handlers.message(message);
  }

  #watch(): void {
    this.#cancelTick = this.#clock.after(TICK_MS, () => {
      const now = this.#clock.now();
      const slept = now - this.#lastTick > SLEPT_MS;
      this.#lastTick = now;
      if (slept) this.probe();
      else if (now - this.#lastHeard > this.#silenceLimit) return this.#end(GONE_SILENT);
      this.#watch();
    });
  }

  #end(code: number): void {
    if (this.#ended) return;
    this.close();
    this.#handlers.down(code);
  }
}
