import { ApiProblem } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useI18n, type Language } from "../i18n";
import { byField } from "../problems";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { useFormErrors } from "../ui/use-form-errors";

const SHORTEST = 8;

const EN = {
  title: "Change the password",
  text: "You stay signed in here. Everywhere else you are signed out.",
  password: "Your password now",
  newPassword: "The new password",
  change: "Change",
  wrong: "The password is not right.",
  done: "Your password is changed.",
};

export const PASSWORD_WORDS: Readonly<Record<Language, typeof EN>> = {
  en: EN,
  ru: {
    title: "Сменить пароль",
    text: "Здесь вы останетесь в системе, на всех других устройствах придётся войти снова.",
    password: "Нынешний пароль",
    newPassword: "Новый пароль",
    change: "Сменить",
    wrong: "Пароль неверен.",
    done: "Пароль изменён.",
  },
};

/** Asks for the password of now and for another one. */
export function PasswordDialog({ username, onClose }: { username: string; onClose(): void }): ReactNode {
  const { api } = useFeedline();
  const { language, t } = useI18n();
  const words = PASSWORD_WORDS[language];
  const toast = useToast();
  const [values, setValues] = useState({ password: "", newPassword: "" });
  const [busy, setBusy] = useState(false);
  const { form, errors, refuse } = useFormErrors();

  async function change(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (values.newPassword.length < SHORTEST) return refuse({ newPassword: t.errorPassword });
    if (busy) return;
    setBusy(true);
    try {
      await api.call("PUT", "/api/me/password", values);
      toast(words.done);
      onClose();
    } catch (error) {
      const isWrong = error instanceof ApiProblem && error.status === 403;
      refuse(isWrong ? { password: words.wrong } : byField(error, ["password", "newPassword"], t));
      setBusy(false);
    }
  }

  const secret = (name: "password" | "newPassword", label: string, error: string | undefined, hint?: string) => (
    <Field label={label} error={error} {...(hint !== undefined && { hint })}>
      {(input) => (
        <input
          {...input}
          name={name}
          type="password"
          value={values[name]}
          autoComplete={name === "password" ? "current-password" : "new-password"}
          {...(name === "password" && { "data-autofocus": true })}
          onChange={(event) => setValues({ ...values, [name]: event.target.value })}
        />
      )}
    </Field>
  );

  return (
    <Dialog title={words.title} className="dialog-small" onClose={onClose}>
      <form ref={form} className="post-form" noValidate onSubmit={(event) => void change(event)}>
        <p className="dialog-text">{words.text}</p>
        <input type="hidden" name="username" autoComplete="username" value={username} />
        {secret("password", words.password, errors.password ?? errors[""])}
        {secret("newPassword", words.newPassword, errors.newPassword, t.passwordHint)}
        <div className="form-foot">
          <button type="button" className="button" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="button button-primary" disabled={busy}>
            {words.change}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
