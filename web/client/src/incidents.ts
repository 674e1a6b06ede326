import type { TransportName } from "./transports/transport";

/** Something that happened to the connection, as the server counts it. */
export interface Incident {
  readonly transport: TransportName | "none";
  /** `fallback`: this is what is left after another way did not work. */
  readonly event: "open" | "close" | "fallback" | "resync";
  readonly reason?: string | undefined;
}
