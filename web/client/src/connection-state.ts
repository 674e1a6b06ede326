import type { TransportName } from "./transports/transport";

/**
 * - `idle`: nobody is signed in, so there is nothing to connect.
 * - `connecting`: the first attempt is under way.
 * - `catching-up`: connected; what was missed is still coming.
 * - `live`: everything up to this moment is here, and the server showed a sign of life lately.
 * - `polling`: nothing live gets through; what is open is loaded again every few seconds, the last time at `staleSince`.
 * - `offline`: what is on the screen dates from `staleSince`.
 */
export type ConnectionStatus = "idle" | "connecting" | "catching-up" | "live" | "polling" | "offline";

export interface ConnectionState {
  readonly status: ConnectionStatus;
  /** Since when nothing new could arrive (milliseconds since the epoch); null while live or never yet connected. */
  readonly staleSince: number | null;
  /** What brings the news: a live transport, loading again (`refresh`), or nothing. */
  readonly transport: TransportName | "refresh" | "none";
  /** The server has switched live delivery off. It comes back by itself when that is over. */
  readonly isOff?: boolean;
}
