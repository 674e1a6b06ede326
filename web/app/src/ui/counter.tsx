import type { ReactNode } from "react";
import { lengthOf } from "../composer/draft";
import { useI18n } from "../i18n";

/** Quiet until the end comes near. */
export function Counter({ text, limit }: { text: string; limit: number }): ReactNode {
  const { t, language } = useI18n();
  const left = limit - lengthOf(text);
  const state = left < 0 ? "counter counter-over" : left < limit * 0.1 ? "counter counter-near" : "counter";
  return (
    <output className={state} aria-label={t.charactersLeft(left)}>
      {lengthOf(text)} / {limit.toLocaleString(language)}
    </output>
  );
}
