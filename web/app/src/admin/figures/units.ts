import type { Language } from "../../i18n";

export type Unit = "count" | "rate" | "ms" | "share";

/** A value as it is read: short, with its unit. */
export function written(value: number | null, unit: Unit, language: Language): string {
  if (value === null) return "–";
  if (unit === "share") return percent(value, language);
  if (unit === "ms") return milliseconds(value, language);
  const digits = unit === "rate" && value < 100 ? 1 : 0;
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits, notation: value >= 100_000 ? "compact" : "standard" }).format(value);
}

export function percent(value: number, language: Language): string {
  // 99.96 % is no 100 %.
  const shown = value === 1 ? 1 : Math.floor(value * 10_000) / 10_000;
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 }).format(shown);
}

function milliseconds(value: number, language: Language): string {
  const inSeconds = value >= 1_000;
  const digits = inSeconds ? 2 : value < 10 ? 1 : 0;
  const unit = inSeconds ? "second" : "millisecond";
  const format = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(language, format).format(inSeconds ? value / 1_000 : value);
}

export function clockTime(at: number, language: Language, withSeconds: boolean): string {
  const seconds = withSeconds && ({ second: "2-digit" } as const);
  return new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", ...seconds, hourCycle: "h23" });
}

/** For how long something has run: its two largest units. */
export function lasted(ms: number, language: Language): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  const parts: [number, "day" | "hour" | "minute"][] = [
    [Math.floor(minutes / 1_440), "day"],
    [Math.floor(minutes / 60) % 24, "hour"],
    [minutes % 60, "minute"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return (first === -1 ? parts.slice(2) : parts.slice(first, first + 2))
    .map(([value, unit]) => new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value))
    .join(" ");
}
