import type { ReactNode } from "react";
import { useWords } from "./words";

const WORDS = {
  en: { title: "Overview", text: "How this installation fares will be here." },
  ru: { title: "Обзор", text: "Здесь будет видно, как чувствует себя установка." },
};

export default function Overview(): ReactNode {
  const t = useWords(WORDS);
  return (
    <>
      <h1>{t.title}</h1>
      <p>{t.text}</p>
    </>
  );
}
