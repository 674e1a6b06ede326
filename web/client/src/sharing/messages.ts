import type { Delivery } from "../conversation";
import type { Cursor } from "../protocol";
import type { TransportName } from "../transports/transport";

/** What the tabs of a browser say to each other about their one connection. `tab` is who asks, `leader` who is connected. */
export type TabMessage = ToLeader | FromLeader;

export type ToLeader =
  /** All channels that the tab wants from now on. */
  | { kind: "want"; tab: string; question: number; channels: readonly string[] }
  | { kind: "bye"; tab: string }
  | { kind: "ping"; tab: string; id: number }
  | { kind: "applied"; cursor: Cursor }
  /** Somebody is looking at another tab: the connection should be seen to. */
  | { kind: "wake" };

export type FromLeader =
  /** `transport` is null while it is not connected; `isOff` if that is so because live delivery is switched off. */
  | { kind: "state"; leader: string; transport: TransportName | null; cursor: Cursor | null; isOff?: boolean }
  /** `gone`: there is no connection to take part in. */
  | { kind: "wait" | "gone"; leader: string; tab: string; isOff?: boolean }
  /** From here on, everything on the wanted channels comes as `news`, but for those that are refused. */
  | { kind: "granted"; leader: string; tab: string; question: number; cursor: Cursor; refused: readonly string[] }
  | { kind: "pong"; leader: string; tab: string; id: number }
  | { kind: "news"; leader: string; deliveries: readonly Delivery[] };
