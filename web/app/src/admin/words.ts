import { useI18n, type Language } from "../i18n";

/** The words of a section, which come with it: the feed's page does not load them. */
export function useWords<W>(words: Readonly<Record<Language, W>>): W {
  return words[useI18n().language];
}
