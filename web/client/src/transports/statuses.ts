import { REALTIME_OFF } from "../close-codes";

const SERVICE_RESTART = 1012;
const CUT = 1006;

/** What a live request with this answer would have been closed with. */
export function closeCodeFor(status: number, text = ""): number {
  if (status === 401) return 4001;
  if (status === 429) return 4010;
  if (status !== 503) return CUT;
  return text.includes('"realtime_off"') ? REALTIME_OFF : SERVICE_RESTART;
}

/** Whether the answer is about a channel: there is none of that name, or not for this viewer. */
export function isRefusal(status: number): boolean {
  return status === 403 || status === 404;
}
