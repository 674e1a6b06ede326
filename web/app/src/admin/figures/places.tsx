import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Language } from "../../i18n";
import { useWords } from "../words";

interface Words {
  /** Where each section is, what it is called, and what it is for. */
  readonly places: readonly (readonly [path: string, title: string, text: string])[];
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    places: [
      ["people", "People", "Find an account, shut somebody out, delete them with all that is theirs."],
      ["reports", "Reports", "What people report: dismiss it, delete it, or shut its author out."],
      ["delivery", "Live delivery", "Switch it off and on while all runs, and see what experiments say."],
      ["explain", "Explain", "Why somebody saw a post, or why not: how far it got on each of their connections."],
      ["tokens", "Tokens", "Let other programs in, and out again."],
      ["audit", "Record", "What admins, other programs and the command line did, and when."],
    ],
  },
  ru: {
    places: [
      ["people", "Люди", "Найти учётную запись, закрыть её или удалить вместе со всем, что к ней относится."],
      ["reports", "Жалобы", "На что жалуются: отклонить, удалить или закрыть автору вход."],
      ["delivery", "Доставка", "Выключить и включить живую доставку на ходу, посмотреть, что говорят эксперименты."],
      ["explain", "Почему", "Почему человек увидел запись или нет: как далеко она дошла по каждому его соединению."],
      ["tokens", "Токены", "Дать доступ другим программам и забрать его."],
      ["audit", "Журнал", "Что и когда сделали администраторы, другие программы и командная строка."],
    ],
  },
};

/** What there is to look after, for whoever comes here for the first time. */
export function Places({ title }: { title: string }): ReactNode {
  const t = useWords(WORDS);
  return (
    <section className="admin-sheet" aria-labelledby="admin-places">
      <h2 id="admin-places">{title}</h2>
      <dl className="admin-places">
        {t.places.map(([path, name, text]) => (
          <div key={path}>
            <dt>
              <Link href={`/admin/${path}`}>{name}</Link>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
