import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Language } from "../i18n";
import { useWords } from "./words";

interface Words {
  readonly title: string;
  /** Where each section is, what it is called, and what it is for. */
  readonly places: readonly (readonly [path: string, title: string, text: string])[];
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    title: "Overview",
    places: [
      ["people", "People", "Find an account, shut somebody out, delete them with all that is theirs."],
      ["reports", "Reports", "What people report: dismiss it, delete it, or shut its author out."],
      ["delivery", "Live delivery", "Switch it off and on while all runs, and see what experiments say."],
      ["tokens", "Tokens", "Let other programs in, and out again."],
      ["audit", "Record", "What admins, other programs and the command line did, and when."],
    ],
  },
  ru: {
    title: "Обзор",
    places: [
      ["people", "Люди", "Найти учётную запись, закрыть её или удалить вместе со всем, что к ней относится."],
      ["reports", "Жалобы", "На что жалуются: отклонить, удалить или закрыть автору вход."],
      ["delivery", "Доставка", "Выключить и включить живую доставку на ходу, посмотреть, что говорят эксперименты."],
      ["tokens", "Токены", "Дать доступ другим программам и забрать его."],
      ["audit", "Журнал", "Что и когда сделали администраторы, другие программы и командная строка."],
    ],
  },
};

/** What there is to look after, for whoever comes here for the first time. */
export default function Overview(): ReactNode {
  const t = useWords(WORDS);
  return (
    <>
      <h1>{t.title}</h1>
      <dl className="admin-places">
        {t.places.map(([path, title, text]) => (
          <div key={path}>
            <dt>
              <Link href={`/admin/${path}`}>{title}</Link>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
