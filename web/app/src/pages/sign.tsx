import { ApiProblem } from "@feedline/client";
import { useFeedline, useSession } from "@feedline/react";
import { useState, type FormEvent, type ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import type { Dictionary } from "../i18n/en";
import { byField, type FieldErrors } from "../problems";
import { LanguageSwitch } from "../shell/language-switch";
import { usePageTitle } from "../shell/page-title";
import { Field } from "../ui/field";
import { useFormErrors } from "../ui/use-form-errors";

type Purpose = "sign-in" | "sign-up";

const USERNAME = /^[a-z0-9][a-z0-9_.-]{0,39}$/i;
const SHORTEST_PASSWORD = 8;

/** Signing in and signing up: the same form, with one field more. */
export function SignPage({ purpose }: { purpose: Purpose }): ReactNode {
  const { session } = useFeedline();
  const { expired } = useSession();
  const { t } = useI18n();
  const isNew = purpose === "sign-up";
  const [form, setForm] = useState({ username: "", password: "", name: "" });
  const { form: element, errors, setErrors, refuse } = useFormErrors();
  const [busy, setBusy] = useState(false);
  usePageTitle(isNew ? t.signUp : t.signIn);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const found = isNew ? checkRegistration(form, t) : {};
    if (Object.keys(found).length > 0) return refuse(found);
    if (busy) return;
    setErrors({});
    setBusy(true);
    try {
      const name = form.name.trim();
      const { username, password } = form;
      if (isNew) await session.register({ username, password, ...(name !== "" && { name }) });
      else await session.login({ username, password });
    } catch (error) {
      refuse(refusal(error, t));
      setBusy(false);
    }
  }

  const change = (part: Partial<typeof form>) => setForm({ ...form, ...part });
  return (
    <section className="sign">
      <h1>{isNew ? t.signUp : t.signIn}</h1>
      {expired && !isNew && <p className="form-note">{t.sessionEnded}</p>}
      <form ref={element} noValidate onSubmit={(event) => void submit(event)}>
        {errors[""] !== undefined && (
          <p className="form-error" role="alert">
            {errors[""]}
          </p>
        )}
        <Field label={t.username} error={errors.username} {...(isNew && { hint: t.usernameHint })}>
          {(input) => (
            <input
              {...input}
              name="username"
              value={form.username}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              autoFocus
              required
              onChange={(event) => change({ username: event.target.value })}
            />
          )}
        </Field>
        {isNew && (
          <Field label={`${t.displayName} (${t.optional})`} error={errors.name}>
            {(input) => (
              <input
                {...input}
                name="name"
                value={form.name}
                autoComplete="name"
                onChange={(event) => change({ name: event.target.value })}
              />
            )}
          </Field>
        )}
        <Field label={t.password} error={errors.password} {...(isNew && { hint: t.passwordHint })}>
          {(input) => (
            <input
              {...input}
              name="password"
              type="password"
              value={form.password}
              autoComplete={isNew ? "new-password" : "current-password"}
              required
              onChange={(event) => change({ password: event.target.value })}
            />
          )}
        </Field>
        <button type="submit" className="button button-primary button-large" aria-disabled={busy}>
          {isNew ? t.signUp : t.signIn}
        </button>
      </form>
      <p className="sign-other">
        {isNew ? t.haveAccount : t.noAccount}{" "}
        <Link href={isNew ? "/sign-in" : "/sign-up"}>{isNew ? t.signIn : t.signUp}</Link>
      </p>
      <LanguageSwitch className="link-button narrow-only" />
    </section>
  );
}

function checkRegistration({ username, password }: { username: string; password: string }, t: Dictionary): FieldErrors {
  return {
    ...(!USERNAME.test(username) && { username: t.errorUsername }),
    ...(password.length < SHORTEST_PASSWORD && { password: t.errorPassword }),
  };
}

function refusal(error: unknown, t: Dictionary): FieldErrors {
  if (error instanceof ApiProblem && error.status === 401) return { "": t.errorCredentials };
  if (error instanceof ApiProblem && error.status === 409) return { username: t.errorTaken };
  return byField(error, ["username", "password", "name"], t);
}
