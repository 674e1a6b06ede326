import { useI18n } from "../i18n";

/** A moment as the reader's language writes it. */
export function useMoment(): (at: string) => string {
  const { language } = useI18n();
  return (at) => new Date(at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}
