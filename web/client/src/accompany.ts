import { watchAppearance } from "./appearance";
import type { Feed } from "./feed";
import type { Feedline } from "./feedline";
import { tellReceipts } from "./receipts";
import { observe } from "./telemetry";

/** What watches over a client and tells how it fares; it works without. */
export function accompany(client: Feedline, feeds: ReadonlyMap<string, Feed>, telemetry: boolean): void {
  tellReceipts(client.platform, client.connection);
  watchAppearance(client, feeds);
  if (telemetry) observe(client, feeds);
}
