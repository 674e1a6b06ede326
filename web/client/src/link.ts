import type { Clock } from "./platform";
import type { ClientMessage, ServerMessage } from "./protocol";
import type { Line, Transport } from "./transports/transport";

/** From the first packet to `connected`; a network that swallows packets gives no error of its own. */
const OPEN_TIMEOUT_MS = 8_000;
/** How long a probed server may take to say anything. */
const PROBE_TIMEOUT_MS = 4_000;
/** How late a heartbeat may be before the server is asked. */
const LATE_MS = 1_000;
/** How often the clock is looked at. */
const TICK_MS = 5_000;
/** A tick this late means that the machine slept. */
const SLEPT_MS = 10_000;

/** The code reported for a link that this side gave up. */
export const GONE_SILENT = 1006;

export interface LinkHandlers {
  opened(): void;
  message(message: ServerMessage, through?: ReadonlySet<string>): void;
  /** Called once; nothing comes after it. */
  down(code: number): void;
}

/**
 * One line to the server from its opening to its end, and the watch over it: TCP may take many minutes to notice a dead
 * peer, so a heartbeat that does not come makes us ask, and a question without an answer ends the link here.
 */
export class Link {
  readonly #clock: Clock;
  readonly #handlers: LinkHandlers;
  readonly #line: Line;
  #cancelDeadline: () => void;
  #cancelTick: () => void = () => {};
  #probing = false;
  #ended = false;
  #lastHeard: number;
  #established = false;
  #silenceLimit = Number.POSITIVE_INFINITY;
  #lastId = 0;

  constructor(clock: Clock, transport: Transport, handlers: LinkHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
    this.#lastHeard = clock.now();
    this.#cancelDeadline = clock.after(OPEN_TIMEOUT_MS, () => this.#end(GONE_SILENT));
    this.#line = transport.open({
      opened: () => this.#ended || handlers.opened(),
      message: (message, through) => this.#hear(message, through),
      alive: () => this.#alive(),
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
    if (!this.#ended) this.#line.send(message);
  }

  /** The session stands: from now on, silence is measured against the server's own heartbeat (0: it has none). */
  established(heartbeatMs: number): void {
    this.#cancelDeadline();
    this.#established = true;
    if (heartbeatMs > 0) this.#silenceLimit = heartbeatMs + LATE_MS;
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
    this.#line.close();
  }

  #hear(message: ServerMessage, through?: ReadonlySet<string>): void {
    if (this.#ended) return;
    this.#alive();
    this.#handlers.message(message, through);
  }

  #alive(): void {
    this.#lastHeard = this.#clock.now();
    if (!this.#probing) return;
    this.#probing = false;
    this.#cancelDeadline();
  }

  #watch(): void {
    if (this.#ended) return;
    const now = this.#clock.now();
    const silentIn = this.#lastHeard + this.#silenceLimit - now;
    const wait = this.#probing ? TICK_MS : Math.min(TICK_MS, Math.max(0, silentIn));
    this.#cancelTick = this.#clock.after(wait, () => {
      const late = this.#clock.now() - now - wait;
      if (late > SLEPT_MS || this.#clock.now() - this.#lastHeard >= this.#silenceLimit) this.probe();
      this.#watch();
    });
  }

  #end(code: number): void {
    if (this.#ended) return;
    this.close();
    this.#handlers.down(code);
  }
}
