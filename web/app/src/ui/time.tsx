import { useSyncExternalStore, type ReactNode } from "react";
import { useI18n, type Language } from "../i18n";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long ago; draws itself anew once a minute, and nothing else with it. */
export function Time({ at }: { at: string }): ReactNode {
  const { language, t } = useI18n();
  const label = useSyncExternalStore(everyMinute, () => ago(Date.parse(at), Date.now(), language, t.justNow));
  return (
    <time dateTime={at} title={new Date(at).toLocaleString(language)}>
      {label}
    </time>
  );
}

function everyMinute(listener: () => void): () => void {
  const timer = setInterval(listener, MINUTE / 2);
  return () => clearInterval(timer);
}

/** "now", "5 min", "3 hr", then the date. A clock that is ahead of ours is "now" too. */
export function ago(then: number, now: number, language: Language, justNow: string): string {
  const passed = now - then;
  if (passed < MINUTE) return justNow;
  if (passed < HOUR) return unit(Math.floor(passed / MINUTE), "minute", language);
  if (passed < DAY) return unit(Math.floor(passed / HOUR), "hour", language);
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  const year = sameYear ? undefined : ("numeric" as const);
  return new Date(then).toLocaleDateString(language, { day: "numeric", month: "short", year });
}

function unit(value: number, name: "minute" | "hour", language: Language): string {
  return new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
}
