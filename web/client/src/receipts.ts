import type { Connection } from "./connection";
import { Pace } from "./pace";
import type { Platform } from "./platform";
import type { Cursor } from "./protocol";

/** At most one receipt in this time: they tell how far a screen is, not which events it had. */
const INTERVAL_MS = 1_000;

/** Tells how far events have come onto the screen, when they are painted. */
export function tellReceipts(platform: Pick<Platform, "afterPaint" | "clock">, connection: Connection): void {
  let shown: Cursor | null = null;
  const pace = new Pace(platform.clock, INTERVAL_MS, () => {
    if (shown !== null) connection.applied(shown);
  });
  connection.delivered.subscribe(() => {
    const { cursor } = connection;
    platform.afterPaint((painted) => {
      if (!painted) return;
      shown = cursor;
      pace.request();
    });
  });
}
