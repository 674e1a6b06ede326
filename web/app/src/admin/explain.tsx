import { useFeedline } from "@feedline/react";
import { useEffect, useState, type FormEvent, type ReactNode } from "react";
import { useLocation, useSearch } from "wouter";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { Field } from "../ui/field";
import { useFormErrors } from "../ui/use-form-errors";
import { WORDS, type Story } from "./explain-words";
import "./explain.css";
import { useWords } from "./words";

const MARKS = { shown: "good", sent: "good", loaded: "good", not_sent: "bad", unknown: "warn" };

/** Why somebody saw a post, or why not. What is asked is in the address, so it can be handed on. */
export default function Explain(): ReactNode {
  const words = useWords(WORDS);
  const { t } = useI18n();
  const [path, go] = useLocation();
  const asked = new URLSearchParams(useSearch());
  const [post, user] = [asked.get("post") ?? "", asked.get("user") ?? ""];
  const { story, error, isBusy, again } = useStory(post, user);
  const { form, errors, setErrors, refuse } = useFormErrors();
  const failure = error === null ? undefined : describe(error, t);

  function ask(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const [about, who] = [idIn(String(data.get("post"))), nameIn(String(data.get("user")))];
    if (about === "" || who === "") {
      refuse({ ...(about === "" && { post: words.missing }), ...(who === "" && { user: words.missing }) });
      return;
    }
    setErrors({});
    if (about === post && who === user) again();
    else go(`${path}?${new URLSearchParams({ post: about, user: who })}`);
  }

  return (
    <>
      <h1>{words.title}</h1>
      <form ref={form} key={`${post} ${user}`} className="explain-form" noValidate onSubmit={ask}>
        <Field label={words.post} hint={words.postHint} error={errors.post ?? failure}>
          {(input) => <input {...input} name="post" defaultValue={post} autoComplete="off" spellCheck={false} />}
        </Field>
        <Field label={words.user} error={errors.user}>
          {(input) => <input {...input} name="user" defaultValue={user} autoComplete="off" spellCheck={false} autoCapitalize="none" />}
        </Field>
        <button type="submit" className="button button-primary" disabled={isBusy}>
          {words.ask}
        </button>
      </form>
      {story && <Told story={story} />}
    </>
  );
}

/** An id, or the address of the post's page. */
function idIn(text: string): string {
  return /([^/?#]*)\/?(?:[?#].*)?$/.exec(text.trim())?.[1] ?? "";
}

function nameIn(text: string): string {
  return text.trim().replace(/^@/, "");
}

function Told({ story }: { story: Story }): ReactNode {
  const words = useWords(WORDS);
  const { language } = useI18n();
  const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const day = new Intl.DateTimeFormat(language, { dateStyle: "long" });
  const ms = new Intl.NumberFormat(language, { signDisplay: "exceptZero", style: "unit", unit: "millisecond" });
  const moments = story.moments.map((moment, id) => ({ id, ...moment }));
  return (
    <article className="admin-sheet explain" aria-label={words.title}>
      <p className="explain-summary" role="status">
        <span className="explain-verdict" data-mark={MARKS[story.verdict]}>
          {words.verdicts[story.verdict]}
        </span>{" "}
        {words.summary(story)}
      </p>
      <h2>{words.moments(day.format(new Date(story.committedAt)))}</h2>
      <ol className="explain-moments">
        {moments.map(({ id, ...moment }) => (
          <li key={id} data-kind={moment.kind}>
            <span className="explain-ms">{ms.format(moment.ms)}</span>
            <time dateTime={moment.at}>{time.format(new Date(moment.at))}</time>
            <span>{words.moment(moment, story)}</span>
          </li>
        ))}
      </ol>
      {story.connections.length > 0 && <Connections story={story} time={time} />}
      <ul className="explain-notes">
        {words.notes(story).map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </article>
  );
}

/** Those that tell of the post are shown; somebody who comes and goes has many more in a day. */
function Connections({ story, time }: { story: Story; time: Intl.DateTimeFormat }): ReactNode {
  const words = useWords(WORDS);
  const later = story.connections.filter(({ matters }) => !matters);
  return (
    <>
      <h2>{words.connections}</h2>
      <ConnectionList of={story.connections.filter(({ matters }) => matters)} time={time} />
      {later.length > 0 && (
        <details className="explain-later">
          <summary>{words.others(later.length)}</summary>
          <ConnectionList of={later} time={time} />
        </details>
      )}
    </>
  );
}

/** A node that was killed takes with it when its connections ended. */
function stillOpen({ outcome }: Story["connections"][number], now: string): string {
  return outcome === "unknown" ? "?" : now;
}

function ConnectionList({ of, time }: { of: Story["connections"]; time: Intl.DateTimeFormat }): ReactNode {
  const words = useWords(WORDS);
  const at = (moment: string) => time.format(new Date(moment));
  return (
    <ul className="explain-connections">
      {of.map((one) => (
        <li key={one.id}>
          <p>
            <b>{words.transports[one.transport]}</b> · {one.node}
          </p>
          <p>
            {at(one.openedAt)} – {one.closedAt === null ? stillOpen(one, words.now) : at(one.closedAt)}
            {one.closeCode !== null && ` (${words.code(one.closeCode)})`}
          </p>
          <p>{words.outcome(one)}</p>
        </li>
      ))}
    </ul>
  );
}

interface Asked {
  story: Story | null;
  error: unknown;
  isBusy: boolean;
  again(): void;
}

interface Told {
  /** What was asked. */
  of: string;
  story: Story | null;
  error: unknown;
}

/** What is told of a post and a person, once both are given. */
function useStory(post: string, user: string): Asked {
  const { api } = useFeedline();
  const [told, setTold] = useState<Told>({ of: "", story: null, error: null });
  const [round, setRound] = useState(0);
  const path = `/api/admin/posts/${encodeURIComponent(post)}/story?user=${encodeURIComponent(user)}`;
  const isAsked = post !== "" && user !== "";
  const of = `${round} ${path}`;
  useEffect(() => {
    if (!isAsked) return;
    let ended = false;
    void api.call<{ story: Story }>("GET", path).then(
      ({ story }) => ended || setTold({ of, story, error: null }),
      (error: unknown) => ended || setTold({ of, story: null, error }),
    );
    return () => {
      ended = true;
    };
  }, [api, isAsked, of, path]);
  const isTold = isAsked && told.of === of;
  return {
    story: isTold ? told.story : null,
    error: isTold ? told.error : null,
    isBusy: isAsked && !isTold,
    again: () => setRound(round + 1),
  };
}
