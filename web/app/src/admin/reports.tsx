import type { Creator, Feedline } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useCallback, useEffect, useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import { REASON_WORDS, type Reason } from "../people/report-reasons";
import { describe } from "../problems";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { useToast } from "../ui/toasts";
import type { FiguresEvent } from "./figures/model";
import { useMoment } from "./moment";
import "./reports.css";
import { useWords } from "./words";

const AGAIN_MS = 15_000;

const WORDS = {
  en: {
    title: "Reports",
    open: "Waiting",
    settled: "Answered",
    none: "Nothing waits for an answer.",
    noneSettled: "Nothing was answered yet.",
    more: "Show older ones",
    kinds: { post: "Post by", comment: "Comment by", user: "Person:" },
    gone: "It is gone.",
    by: (name: string) => `reported by ${name}`,
    count: (n: number) => `${n} open reports`,
    see: "See it",
    actions: { dismiss: "Dismiss", delete: "Delete it", disable: "Shut the person out" },
    states: { open: "waiting", dismissed: "dismissed", deleted: "deleted", disabled: "person shut out" },
    sure: { delete: "Delete it?", disable: "Shut the person out?" },
    sureText: {
      delete: "It goes for everybody, and can’t be brought back.",
      disable: "They are signed out everywhere, and can’t sign in. You can let them in again under People.",
    },
  },
  ru: {
    title: "Жалобы",
    open: "Ждут",
    settled: "Решённые",
    none: "Ничего не ждёт решения.",
    noneSettled: "Решённых пока нет.",
    more: "Показать более ранние",
    kinds: { post: "Запись, автор", comment: "Комментарий, автор", user: "Человек:" },
    gone: "Этого уже нет.",
    by: (name: string) => `пожаловался ${name}`,
    count: (n: number) => `открытых жалоб: ${n}`,
    see: "Посмотреть",
    actions: { dismiss: "Отклонить", delete: "Удалить", disable: "Закрыть человеку доступ" },
    states: { open: "ждёт", dismissed: "отклонена", deleted: "удалено", disabled: "человеку закрыт доступ" },
    sure: { delete: "Удалить это?", disable: "Закрыть человеку доступ?" },
    sureText: {
      delete: "Оно исчезнет у всех, и вернуть его нельзя.",
      disable: "Все входы этого человека завершатся, новых не будет. Вернуть доступ можно в разделе «Люди».",
    },
  },
};

type State = "open" | "settled";
type Action = "dismiss" | "delete" | "disable";

interface Report {
  id: string;
  kind: "post" | "comment" | "user";
  reason: Reason;
  text: string;
  state: "open" | "dismissed" | "deleted" | "disabled";
  count: number;
  reporter: Creator;
  person: Creator;
  excerpt: string | null;
  postId: string | null;
  createdAt: string;
}

/** What people told the admins of: what waits for an answer, and what has one. */
export default function Reports(): ReactNode {
  const words = useWords(WORDS);
  const [state, setState] = useState<State>("open");
  const { reports, next, more, act } = useReports(state);
  return (
    <>
      <h1>{words.title}</h1>
      <div className="admin-acts reports-states">
        {(["open", "settled"] as const).map((one) => (
          <button
            key={one}
            type="button"
            className="button button-small"
            aria-pressed={one === state}
            onClick={() => setState(one)}
          >
            {words[one]}
          </button>
        ))}
      </div>
      {reports?.length === 0 && <p className="admin-loading">{state === "open" ? words.none : words.noneSettled}</p>}
      {reports && reports.length > 0 && (
        <ul className="reports">
          {reports.map((report) => (
            <ReportRow key={report.id} report={report} act={act} />
          ))}
        </ul>
      )}
      {next !== null && (
        <button type="button" className="button" onClick={more}>
          {words.more}
        </button>
      )}
    </>
  );
}

interface ReportRowProps {
  report: Report;
  act(report: Report, action: Action): Promise<void>;
}

function ReportRow({ report, act }: ReportRowProps): ReactNode {
  const words = useWords(WORDS);
  const { language } = useI18n();
  const moment = useMoment();
  const { kind, person, reporter, excerpt, postId } = report;
  return (
    <li className="report sheet">
      <p>
        <strong>{REASON_WORDS[language][report.reason]}</strong> · {words.by(reporter.name)}, {moment(report.createdAt)}
        {report.count > 1 && ` · ${words.count(report.count)}`}
      </p>
      {report.text !== "" && <p className="report-text">{report.text}</p>}
      <p>
        {words.kinds[kind]} <Link href={`/u/${person.username}`}>@{person.username}</Link>
        {postId !== null && (
          <>
            {" · "}
            <Link href={`/p/${postId}`}>{words.see}</Link>
          </>
        )}
      </p>
      {kind !== "user" && <blockquote className="report-excerpt">{excerpt ?? words.gone}</blockquote>}
      {report.state === "open" ? <Actions report={report} act={act} /> : <p>{words.states[report.state]}</p>}
    </li>
  );
}

function Actions({ report, act }: ReportRowProps): ReactNode {
  const words = useWords(WORDS);
  const [asked, setAsked] = useState<"delete" | "disable" | null>(null);
  return (
    <div className="admin-acts">
      <button type="button" className="button button-small" onClick={() => void act(report, "dismiss")}>
        {words.actions.dismiss}
      </button>
      {report.excerpt !== null && (
        <button type="button" className="button button-small" onClick={() => setAsked("delete")}>
          {words.actions.delete}
        </button>
      )}
      <button type="button" className="button button-small" onClick={() => setAsked("disable")}>
        {words.actions.disable}
      </button>
      {asked && (
        <ConfirmDialog
          title={words.sure[asked]}
          text={words.sureText[asked]}
          label={words.actions[asked]}
          onConfirm={() => act(report, asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </div>
  );
}

interface Page {
  reports: Report[];
  next: string | null;
  cursor: string;
}

/** The reports of a state, read again when some come or others answer them, and now and then where nothing is told of that. */
function useReports(state: State) {
  const client = useFeedline();
  const { api, clock } = client;
  const { t } = useI18n();
  const toast = useToast();
  const [shown, setShown] = useState<(Omit<Page, "cursor"> & { state: State }) | null>(null);
  const current = shown?.state === state ? shown : null;

  const load = useCallback(
    (page: string) => api.call<Page>("GET", `/api/admin/reports?state=${state}&page=${encodeURIComponent(page)}`),
    [api, state],
  );

  const refresh = useCallback(
    async (keepsPages: boolean) => {
      try {
        const { cursor, ...page } = await load("");
        const fresh = { ...page, state };
        // Who has gone further down is not taken back to the top by what comes in the meantime.
        const isFurther = (before: typeof shown) => before?.state === state && before.reports.length > fresh.reports.length;
        setShown((before) => (keepsPages && fresh.next !== null && isFurther(before) ? before : fresh));
        return cursor;
      } catch (error) {
        toast(describe(error, t));
        throw error;
      }
    },
    [load, state, t, toast],
  );

  useEffect(() => {
    const query = client.live("admin", () => refresh(true));
    const stopHearing = whenReportsChange(client, () => query.refresh());
    let cancel = () => {};
    const again = () => {
      query.refresh();
      cancel = clock.after(AGAIN_MS, again);
    };
    cancel = clock.after(AGAIN_MS, again);
    const close = query.open();
    return () => {
      cancel();
      stopHearing();
      close();
    };
  }, [client, clock, refresh]);

  async function more(): Promise<void> {
    if (!current?.next) return;
    try {
      const { reports, next } = await load(current.next);
      setShown({ reports: [...current.reports, ...reports], next, state });
    } catch (error) {
      toast(describe(error, t));
    }
  }

  async function act({ id }: Report, action: Action): Promise<void> {
    try {
      await api.call("POST", `/api/admin/reports/${encodeURIComponent(id)}`, { action });
    } catch (error) {
      toast(describe(error, t));
    }
    await refresh(false).catch(() => {});
  }

  return { reports: current?.reports ?? null, next: current?.next ?? null, more: () => void more(), act };
}

/** Calls when the figures that admins are told say that there are others. */
function whenReportsChange({ delivered }: Feedline, call: () => void): () => void {
  let known: string | null = null;
  return delivered.subscribe((deliveries) => {
    for (const { event } of deliveries) {
      if (event.type !== "figures") continue;
      const { openReports, newestReport } = event as unknown as FiguresEvent;
      const told = `${openReports} ${newestReport}`;
      // The first ones may tell of more than the list that was read before them.
      if (told !== known) call();
      known = told;
    }
  });
}
