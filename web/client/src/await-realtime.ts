import type { Feedline } from "./feedline";

/** Between two questions; not everybody asks, or comes back, at the same moment. */
const SOONEST_MS = 4_000;
const LATEST_MS = 12_000;

/** While live delivery is switched off: asks whether it is on again, and comes back then. */
export function awaitRealtime({ api, clock, connection, platform }: Pick<Feedline, "api" | "clock" | "connection" | "platform">): void {
  let cancel: (() => void) | null = null;
  const later = () => (cancel = clock.after(SOONEST_MS + (LATEST_MS - SOONEST_MS) * platform.random(), () => void ask()));
  const ask = async () => {
    const answer = await api.call<{ realtime: string }>("GET", "/api/realtime").catch(() => null);
    if (!cancel) return;
    if (answer?.realtime === "on") connection.retry();
    later();
  };
  const changed = () => {
    const { isOff } = connection.state();
    if (isOff && !cancel) later();
    if (isOff) return;
    cancel?.();
    cancel = null;
  };
  connection.subscribe(changed);
  changed();
}
