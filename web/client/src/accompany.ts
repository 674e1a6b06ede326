import { watchAppearance } from "./appearance";
import { awaitRealtime } from "./await-realtime";
import type { Feed } from "./feed";
import type { Feedline } from "./feedline";
import { tellReceipts } from "./receipts";
import { renewSession } from "./renewal";
import { Telemetry } from "./telemetry";

/** What watches over a client and its session, and tells how they fare; it works without. */
export function accompany(client: Feedline, feeds: ReadonlyMap<string, Feed>, telemetry: boolean): void {
  renewSession(client);
  awaitRealtime(client);
  tellReceipts(client.platform, client.connection);
  watchAppearance(client, feeds);
  if (telemetry) void new Telemetry(client, feeds);
}
