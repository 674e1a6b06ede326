import { useFeedline } from "@feedline/react";
import { useCallback, useEffect, useState, type FormEvent, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { byField, describe } from "../problems";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { useFormErrors } from "../ui/use-form-errors";
import { Table } from "./table";
import { useWords } from "./words";

const WORDS = {
  en: {
    title: "Tokens of other programs",
    name: "What to call the program",
    make: "Make a token",
    shown: "Keep it now: it can’t be shown again.",
    token: "The token",
    none: "No other program has a token.",
    columns: ["Program", "Since", "Change"],
    revoke: "Take away",
    sure: (name: string) => `Take the token of ${name} away?`,
    sureText: "The program is refused from this moment on.",
  },
  ru: {
    title: "Токены других программ",
    name: "Как назвать программу",
    make: "Создать токен",
    shown: "Сохраните его сейчас: больше его не увидеть.",
    token: "Токен",
    none: "Ни у одной программы нет токена.",
    columns: ["Программа", "С какого дня", "Изменить"],
    revoke: "Отозвать",
    sure: (name: string) => `Отозвать токен программы ${name}?`,
    sureText: "С этой минуты программе будет отказано.",
  },
};

interface Program {
  id: string;
  name: string;
  createdAt: string;
}

/** Which other programs may speak here. */
export default function Tokens(): ReactNode {
  const words = useWords(WORDS);
  const { language } = useI18n();
  const { programs, load, revoke } = usePrograms();
  const [leaving, setLeaving] = useState<Program | null>(null);
  const day = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const [called, since, change] = words.columns;
  return (
    <>
      <h1>{words.title}</h1>
      <NewToken onMade={load} />
      {programs?.length === 0 && <p className="admin-loading">{words.none}</p>}
      {programs && programs.length > 0 && (
        <Table titles={words.columns}>
          {programs.map((program) => (
            <tr key={program.id}>
              <td data-label={called}>{program.name || program.id}</td>
              <td data-label={since}>
                <time dateTime={program.createdAt}>{day.format(new Date(program.createdAt))}</time>
              </td>
              <td data-label={change}>
                <button type="button" className="button button-small" onClick={() => setLeaving(program)}>
                  {words.revoke}
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {leaving && (
        <ConfirmDialog
          title={words.sure(leaving.name)}
          text={words.sureText}
          label={words.revoke}
          onConfirm={() => revoke(leaving)}
          onClose={() => setLeaving(null)}
        />
      )}
    </>
  );
}

function NewToken({ onMade }: { onMade(): Promise<void> }): ReactNode {
  const words = useWords(WORDS);
  const { api } = useFeedline();
  const { t } = useI18n();
  const [name, setName] = useState("");
  const [token, setToken] = useState<string | null>(null);
  const { form, errors, setErrors, refuse } = useFormErrors();

  async function make(event: FormEvent): Promise<void> {
    event.preventDefault();
    try {
      const answer = await api.call<{ token: string }>("POST", "/api/admin/tokens", { name: name.trim() });
      setToken(answer.token);
      setName("");
      setErrors({});
      await onMade();
    } catch (error) {
      refuse(byField(error, ["name"], t));
    }
  }

  return (
    <form ref={form} className="admin-form" noValidate onSubmit={(event) => void make(event)}>
      <Field label={words.name} error={errors.name ?? errors[""]}>
        {(input) => <input {...input} name="name" value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <button type="submit" className="button button-primary">
        {words.make}
      </button>
      {token !== null && (
        <Field label={words.token} hint={words.shown}>
          {(input) => <input {...input} readOnly value={token} onFocus={(event) => event.target.select()} />}
        </Field>
      )}
    </form>
  );
}

function usePrograms() {
  const { api, clock } = useFeedline();
  const { t } = useI18n();
  const toast = useToast();
  const [programs, setPrograms] = useState<readonly Program[] | null>(null);

  const load = useCallback(async () => {
    try {
      setPrograms((await api.call<{ programs: Program[] }>("GET", "/api/admin/tokens")).programs);
    } catch (error) {
      toast(describe(error, t));
    }
  }, [api, t, toast]);

  useEffect(() => clock.after(0, () => void load()), [clock, load]);

  async function revoke({ id }: Program): Promise<void> {
    try {
      await api.call("DELETE", `/api/admin/tokens/${encodeURIComponent(id)}`);
    } catch (error) {
      toast(describe(error, t));
    }
    await load();
  }

  return { programs, load, revoke };
}
