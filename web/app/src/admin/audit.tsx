import { useFeedline } from "@feedline/react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { useToast } from "../ui/toasts";
import { Table } from "./table";
import { useWords } from "./words";

const WORDS = {
  en: {
    title: "What was done",
    none: "Nothing was done yet.",
    more: "Show older ones",
    columns: ["When", "Who", "What", "To", "Details"],
  },
  ru: {
    title: "Что было сделано",
    none: "Пока ничего не сделано.",
    more: "Показать более ранние",
    columns: ["Когда", "Кто", "Что", "С кем или чем", "Подробности"],
  },
};

interface Named {
  kind: string;
  id: string | null;
  name: string | null;
}

interface Entry {
  id: string;
  at: string;
  actor: Named;
  action: string;
  subject: Named | null;
  details: Record<string, unknown>;
}

/** The record of administrative actions, the newest first. */
export default function Audit(): ReactNode {
  const words = useWords(WORDS);
  const { language } = useI18n();
  const { entries, next, loadMore } = useRecord();
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
  const [when, who, what, whom, more] = words.columns;
  return (
    <>
      <h1>{words.title}</h1>
      {entries?.length === 0 && <p className="admin-loading">{words.none}</p>}
      {entries && entries.length > 0 && (
        <Table titles={words.columns}>
          {entries.map(({ id, at, actor, action, subject, details }) => (
            <tr key={id}>
              <td data-label={when}>
                <time dateTime={at}>{time.format(new Date(at))}</time>
              </td>
              <td data-label={who}>{called(actor)}</td>
              <td data-label={what}>{action}</td>
              <td data-label={whom}>{subject && called(subject)}</td>
              <td data-label={more}>{told(details)}</td>
            </tr>
          ))}
        </Table>
      )}
      {next !== null && (
        <button type="button" className="button" onClick={loadMore}>
          {words.more}
        </button>
      )}
    </>
  );
}

function called({ kind, id, name }: Named): string {
  return kind === "user" && name !== null ? `@${name}` : `${kind} ${name ?? id ?? ""}`;
}

function told(details: Record<string, unknown>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(", ");
}

function useRecord() {
  const { api, clock } = useFeedline();
  const { t } = useI18n();
  const toast = useToast();
  const [entries, setEntries] = useState<readonly Entry[] | null>(null);
  const [next, setNext] = useState<string | null>(null);

  const load = useCallback(
    async (page: string) => {
      try {
        const path = `/api/admin/audit?limit=50&page=${encodeURIComponent(page)}`;
        const answer = await api.call<{ entries: Entry[]; next: string | null }>("GET", path);
        setEntries((known) => [...(page === "" ? [] : (known ?? [])), ...answer.entries]);
        setNext(answer.next);
      } catch (error) {
        toast(describe(error, t));
      }
    },
    [api, t, toast],
  );

  useEffect(() => clock.after(0, () => void load("")), [clock, load]);
  return { entries, next, loadMore: () => void load(next ?? "") };
}
