import type { Connection } from "./connection";
import type { Platform } from "./platform";
import type { Cursor } from "./protocol";

/** At most one receipt in this time: they tell how far a screen is, not which events it had. */
const INTERVAL_MS = 1_000;

/** Tells how far events have come onto the screen, when they are painted. */
export function tellReceipts(platform: Pick<Platform, "afterPaint" | "clock">, connection: Connection): void {
  let waiting: Cursor | null = null;
  let isPausing = false;
  const tell = (): void => {
    isPausing = waiting !== null;
    if (waiting === null) return;
    connection.applied(waiting);
    waiting = null;
    platform.clock.after(INTERVAL_MS, tell);
  };
  connection.delivered.subscribe(() => {
    const { cursor } = connection;
    platform.afterPaint((painted) => {
      if (!painted) return;
      waiting = cursor;
      if (!isPausing) tell();
    });
  });
}
