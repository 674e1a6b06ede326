import { ApiProblem, type User } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useI18n, type Language } from "../i18n";
import { byField } from "../problems";
import { usePageTitle } from "../shell/page-title";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { useFormErrors } from "../ui/use-form-errors";
import { BlockedPeople } from "./blocked-people";
import { PASSWORD_WORDS, PasswordDialog } from "./password-dialog";

const EN = {
  title: "Settings",
  takeTitle: "Take everything along",
  takeText: "A zip of all that you have here: posts, comments, likes, whom you follow, notifications, and your files.",
  take: "Download",
  deleteTitle: "Delete the account",
  deleteText:
    "Your posts, comments, likes and files are removed, for everybody and for good. Nobody can bring them back.",
  delete: "Delete my account",
  confirm: "Delete",
  password: "Your password, to be sure that it is you",
  wrong: "The password is not right.",
  gone: "Your account is deleted. Farewell!",
};

const WORDS: Readonly<Record<Language, typeof EN>> = {
  en: EN,
  ru: {
    title: "Настройки",
    takeTitle: "Забрать всё с собой",
    takeText: "Архив всего, что у вас здесь есть: записи, комментарии, отметки, подписки, уведомления и файлы.",
    take: "Скачать",
    deleteTitle: "Удалить учётную запись",
    deleteText: "Ваши записи, комментарии, отметки и файлы исчезнут у всех и навсегда. Вернуть их не сможет никто.",
    delete: "Удалить мою учётную запись",
    confirm: "Удалить",
    password: "Ваш пароль, чтобы знать, что это вы",
    wrong: "Пароль неверен.",
    gone: "Ваша учётная запись удалена. Прощайте!",
  },
};

/** What one does with one's account as a whole: change its password, take it along, or leave. */
export default function SettingsPage({ user }: { user: User }): ReactNode {
  const { language } = useI18n();
  const [words, forPassword] = [WORDS[language], PASSWORD_WORDS[language]];
  const [leaving, setLeaving] = useState(false);
  const [changing, setChanging] = useState(false);
  usePageTitle(words.title);
  return (
    <section className="settings">
      <div className="page-head">
        <h1>{words.title}</h1>
      </div>
      <BlockedPeople />
      <h2 className="section-title">{forPassword.title}</h2>
      <p className="page-text">{forPassword.text}</p>
      <button type="button" className="button" onClick={() => setChanging(true)}>
        {forPassword.title}
      </button>
      {changing && <PasswordDialog username={user.username} onClose={() => setChanging(false)} />}
      <h2 className="section-title">{words.takeTitle}</h2>
      <p className="page-text">{words.takeText}</p>
      <a className="button" href="/api/me/export" download={`feedline-${user.username}.zip`}>
        {words.take}
      </a>
      <h2 className="section-title">{words.deleteTitle}</h2>
      <p className="page-text">{words.deleteText}</p>
      <button type="button" className="button button-danger" onClick={() => setLeaving(true)}>
        {words.delete}
      </button>
      {leaving && <LeavingDialog username={user.username} onClose={() => setLeaving(false)} />}
    </section>
  );
}

function LeavingDialog({ username, onClose }: { username: string; onClose(): void }): ReactNode {
  const { api, session } = useFeedline();
  const { language, t } = useI18n();
  const words = WORDS[language];
  const toast = useToast();
  const [, navigate] = useLocation();
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const { form, errors, refuse } = useFormErrors();

  async function leave(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      await api.call("DELETE", "/api/me", { password });
      // First nobody is signed in here: the page at the start would ask for what it may not have.
      session.expire();
      toast(words.gone);
      navigate("/");
    } catch (error) {
      const isWrong = error instanceof ApiProblem && error.status === 403;
      refuse(isWrong ? { password: words.wrong } : byField(error, ["password"], t));
      setBusy(false);
    }
  }

  return (
    <Dialog title={words.deleteTitle} className="dialog-small" onClose={onClose}>
      <form ref={form} className="post-form" noValidate onSubmit={(event) => void leave(event)}>
        <p className="dialog-text">{words.deleteText}</p>
        <input type="hidden" name="username" autoComplete="username" value={username} />
        <Field label={words.password} error={errors.password ?? errors[""]}>
          {(input) => (
            <input
              {...input}
              name="password"
              type="password"
              value={password}
              autoComplete="current-password"
              data-autofocus
              onChange={(event) => setPassword(event.target.value)}
            />
          )}
        </Field>
        <div className="form-foot">
          <button type="button" className="button" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="button button-danger" disabled={busy}>
            {words.confirm}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
