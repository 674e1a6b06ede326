import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { readStored, writeStored } from "../storage";
import { en, type Dictionary } from "./en";
import { ru } from "./ru";

export type Language = "en" | "ru";

export const DICTIONARIES: Record<Language, Dictionary> = { en, ru };
const KEY = "feedline.language";

interface I18n {
  language: Language;
  t: Dictionary;
  setLanguage(language: Language): void;
}

const Context = createContext<I18n>({ language: "en", t: en, setLanguage: () => {} });

export function LanguageProvider({ children }: { children: ReactNode }): ReactNode {
  const [language, setLanguage] = useState(() => chosenLanguage(readStored(KEY), navigator.languages));
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo(
    () => ({
      language,
      t: DICTIONARIES[language],
      setLanguage: (chosen: Language) => {
        writeStored(KEY, chosen);
        setLanguage(chosen);
      },
    }),
    [language],
  );
  return <Context value={value}>{children}</Context>;
}

export function useI18n(): I18n {
  return useContext(Context);
}

/** What the person chose before, or else the first of their browser's languages that there is. */
export function chosenLanguage(stored: string | null, preferred: readonly string[]): Language {
  const codes = [stored ?? "", ...preferred].map((tag) => tag.slice(0, 2).toLowerCase());
  return codes.find((code): code is Language => code in DICTIONARIES) ?? "en";
}
