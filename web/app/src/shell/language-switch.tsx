import type { ReactNode } from "react";
import { DICTIONARIES, useI18n, type Language } from "../i18n";

/** Offers the other language, in its own words. */
export function LanguageSwitch({ className = "link-button" }: { className?: string }): ReactNode {
  const { language, setLanguage } = useI18n();
  const other: Language = language === "en" ? "ru" : "en";
  return (
    <button type="button" className={className} lang={other} onClick={() => setLanguage(other)}>
      {DICTIONARIES[other].language}
    </button>
  );
}
