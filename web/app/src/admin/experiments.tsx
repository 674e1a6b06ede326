import { useFeedline } from "@feedline/react";
import { useCallback, useEffect, useState, type FormEvent, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { byField, describe, type FieldErrors } from "../problems";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { WORDS } from "./delivery-words";
import { ExperimentReport, type Report } from "./experiment-report";
import { useMoment } from "./moment";
import { useWords } from "./words";

const PATH = "/api/admin/experiments";

interface Experiment {
  name: string;
  settings: Readonly<Record<string, unknown>>;
  startedAt: string;
  stoppedAt: string | null;
}

/** Those that there were, what came of the one that is chosen, and a form for the next. */
export function Experiments(): ReactNode {
  const words = useWords(WORDS);
  const { experiments, reload } = useExperiments();
  const [chosen, setChosen] = useState<string | null>(null);
  if (!experiments) return null;
  const shown = experiments.find(({ name }) => name === chosen) ?? experiments[0];
  return (
    <>
      <h2>{words.experiments}</h2>
      {experiments.length === 0 && <p>{words.none}</p>}
      <div className="admin-nav" role="group" aria-label={words.experiments}>
        {experiments.map(({ name }) => (
          <button key={name} type="button" className="admin-tab" aria-pressed={name === shown?.name} onClick={() => setChosen(name)}>
            {name}
          </button>
        ))}
      </div>
      {shown && <Chosen key={shown.name} experiment={shown} reload={reload} />}
      {experiments.every(({ stoppedAt }) => stoppedAt !== null) && <Start started={reload} />}
    </>
  );
}

function useExperiments(): { experiments: readonly Experiment[] | null; reload(): void } {
  const { api } = useFeedline();
  const { t } = useI18n();
  const toast = useToast();
  const [experiments, setExperiments] = useState<readonly Experiment[] | null>(null);
  const reload = useCallback(() => {
    api.call<{ experiments: Experiment[] }>("GET", PATH).then(
      (answer) => setExperiments(answer.experiments),
      (error: unknown) => toast(describe(error, t)),
    );
  }, [api, toast, t]);
  useEffect(reload, [reload]);
  return { experiments, reload };
}

function Chosen({ experiment, reload }: { experiment: Experiment; reload(): void }): ReactNode {
  const words = useWords(WORDS);
  const moment = useMoment();
  const { t } = useI18n();
  const toast = useToast();
  const { api } = useFeedline();
  const [report, setReport] = useState<Report | null>(null);
  const [isAsking, setAsking] = useState(false);
  const { name, settings, startedAt, stoppedAt } = experiment;
  useEffect(() => {
    api.call<{ report: Report }>("GET", `${PATH}/${name}`).then(
      (answer) => setReport(answer.report),
      (error: unknown) => toast(describe(error, t)),
    );
  }, [api, name, toast, t]);

  async function stop(): Promise<void> {
    await api.call("POST", `${PATH}/${name}/stop`).catch((error: unknown) => toast(describe(error, t)));
    reload();
  }

  return (
    <section className="admin-experiment" aria-label={name}>
      <p>
        <code>{Object.entries(settings).map((pair) => pair.join("=")).join(", ")}</code>{" "}
        {stoppedAt === null ? words.running(moment(startedAt)) : words.ended(moment(startedAt), moment(stoppedAt))}{" "}
        {stoppedAt === null && (
          <button type="button" className="button" onClick={() => setAsking(true)}>
            {words.stop}
          </button>
        )}
      </p>
      {report && <ExperimentReport report={report} />}
      {isAsking && (
        <ConfirmDialog title={words.sureStop(name)} text={words.sureStopText} label={words.stop} onConfirm={stop} onClose={() => setAsking(false)} />
      )}
    </section>
  );
}

function Start({ started }: { started(): void }): ReactNode {
  const words = useWords(WORDS);
  const { t } = useI18n();
  const { api } = useFeedline();
  const [errors, setErrors] = useState<FieldErrors>({});

  async function start(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const wanted = { name: form.get("name"), settings: settingsOf(String(form.get("settings"))), share: Number(form.get("share")) / 100 };
    try {
      await api.call("POST", PATH, wanted);
      started();
    } catch (error) {
      setErrors(byField(error, ["name", "settings", "share"], t));
    }
  }

  return (
    <form className="admin-start" onSubmit={(event) => void start(event)}>
      <Field label={words.name} error={errors.name}>
        {(input) => <input {...input} name="name" required />}
      </Field>
      <Field label={words.settings} hint={words.settingsHint} error={errors.settings}>
        {(input) => <input {...input} name="settings" required />}
      </Field>
      <Field label={words.share} error={errors.share}>
        {(input) => <input {...input} name="share" type="number" min="1" max="100" defaultValue="100" required />}
      </Field>
      {errors[""] !== undefined && <p role="alert">{errors[""]}</p>}
      <button type="submit" className="button button-primary">
        {words.start}
      </button>
    </form>
  );
}

/** `name=value`, separated by commas or spaces; what is a number or a truth value in JSON is one. */
export function settingsOf(text: string): Record<string, unknown> {
  const pairs = text.split(/[\s,]+/).filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      const value = rest.join("=");
      return [name, /^(true|false|-?\d+(\.\d+)?)$/.test(value) ? (JSON.parse(value) as unknown) : value];
    }),
  );
}
