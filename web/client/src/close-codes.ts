/** What a close code asks the client to do next. */
export type AfterClose =
  /** Come back soon, later each time it fails. */
  | "back-off"
  /** The server restarts: come back at a random moment of the next seconds, so that not everyone comes at once. */
  | "spread"
  /** The server asked for room: come back after a pause that nothing shortens. */
  | "pause"
  /** These credentials will not do: come back only with new ones. */
  | "new-credentials";

const SERVICE_RESTART = 1012;
const CUT = 1006;

export function afterClose(code: number): AfterClose {
  if (code >= 4000 && code <= 4007) return "new-credentials";
  if (code >= 4008 && code <= 4019) return "pause";
  return code === SERVICE_RESTART ? "spread" : "back-off";
}

/** What a live request that was answered with this status would have been closed with. */
export function closeCodeFor(status: number): number {
  if (status === 401) return 4001;
  if (status === 429) return 4010;
  return status === 503 ? SERVICE_RESTART : CUT;
}

/** Whether the answer is about a channel: there is none of that name, or not for this viewer. */
export function isRefusal(status: number): boolean {
  return status === 403 || status === 404;
}
