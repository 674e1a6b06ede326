/** What a close code asks the client to do next. */
export type AfterClose =
  /** Come back soon, later each time it fails. */
  | "back-off"
  /** The server restarts: come back at a random moment of the next seconds, so that not everyone comes at once. */
  | "spread"
  /** The server asked for room: come back after a pause that nothing shortens. */
  | "pause"
  /** Live delivery is switched off: do without, and come back when the server says that it is on. */
  | "off"
  /** These credentials will not do: come back only with new ones. */
  | "new-credentials";

const SERVICE_RESTART = 1012;
/** Live delivery is switched off (for everybody, or for this viewer). */
export const REALTIME_OFF = 4011;

export function afterClose(code: number): AfterClose {
  if (code === REALTIME_OFF) return "off";
  if (code < 4000 || code > 4019) return code === SERVICE_RESTART ? "spread" : "back-off";
  return code < 4008 ? "new-credentials" : "pause";
}
