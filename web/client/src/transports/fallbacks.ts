import type { Platform } from "../platform";
import { eventStream } from "./event-stream";
import { longPoll } from "./long-poll";
import type { Transport } from "./transport";

/** The ways to the server where no WebSocket gets through, from the best to the last. */
export function fallbacks(platform: Platform): readonly Transport[] {
  return [eventStream(platform), longPoll(platform)];
}
