import { useState, type KeyboardEvent, type ReactNode } from "react";
import { useI18n } from "../i18n";
import type { FieldErrors } from "../problems";
import { Field } from "../ui/field";
import { useFormErrors } from "../ui/use-form-errors";
import { check, LIMITS, lengthOf, type Form } from "./draft";

interface PostFormProps {
  initial: Form;
  initialErrors?: FieldErrors;
  submitLabel: string;
  note?: string | undefined;
  onChange?(form: Form): void;
  /** Resolves with what was wrong; with nothing when the form is done. */
  onSubmit(form: Form): Promise<FieldErrors | void> | void;
}

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The inputs of a post, for a new one and for a change. */
export function PostForm({ initial, initialErrors, submitLabel, note, onChange, onSubmit }: PostFormProps): ReactNode {
  const { t } = useI18n();
  const [form, setForm] = useState(initial);
  const { form: element, errors, setErrors, refuse } = useFormErrors(initialErrors);
  const [busy, setBusy] = useState(false);

  function change(part: Partial<Form>): void {
    const next = { ...form, ...part };
    setForm(next);
    onChange?.(next);
    if (Object.keys(errors).length > 0) setErrors(check(next, t));
  }

  async function submit(): Promise<void> {
    const found = check(form, t);
    if (Object.keys(found).length > 0) return refuse(found);
    if (busy) return;
    setErrors({});
    setBusy(true);
    const refused = await onSubmit(form);
    if (!refused) return;
    refuse(refused);
    setBusy(false);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void submit();
  }

  return (
    <form
      ref={element}
      className="post-form"
      noValidate
      onKeyDown={onKeyDown}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {errors[""] !== undefined && (
        <p className="form-error" role="alert">
          {errors[""]}
        </p>
      )}
      <Field label={t.titleField} error={errors.title} aside={<Counter text={form.title} limit={LIMITS.title} />}>
        {(input) => (
          <input
            {...input}
            name="title"
            value={form.title}
            placeholder={t.optional}
            autoComplete="off"
            onChange={(event) => change({ title: event.target.value })}
          />
        )}
      </Field>
      <Field label={t.textField} error={errors.text} aside={<Counter text={form.text} limit={LIMITS.text} />}>
        {(input) => (
          <textarea
            {...input}
            name="text"
            rows={6}
            value={form.text}
            placeholder={t.textPlaceholder}
            data-autofocus
            onChange={(event) => change({ text: event.target.value })}
          />
        )}
      </Field>
      <div className="field-row">
        <Field label={t.tagsField} hint={t.tagsHint} error={errors.tags}>
          {(input) => (
            <input
              {...input}
              name="tags"
              value={form.tags}
              placeholder={t.optional}
              autoComplete="off"
              onChange={(event) => change({ tags: event.target.value })}
            />
          )}
        </Field>
        <Field label={t.categoryField} error={errors.category}>
          {(input) => (
            <input
              {...input}
              name="category"
              value={form.category}
              placeholder={t.optional}
              autoComplete="off"
              onChange={(event) => change({ category: event.target.value })}
            />
          )}
        </Field>
      </div>
      <div className="form-foot">
        <p className="form-note">{note ?? t.publishHint(isApple ? "⌘" : "Ctrl")}</p>
        <button type="submit" className="button button-primary" aria-disabled={busy}>
          {submitLabel}
        </button>
      </div>
    </form>
  );
}

/** Quiet until the end comes near. */
function Counter({ text, limit }: { text: string; limit: number }): ReactNode {
  const { t, language } = useI18n();
  const left = limit - lengthOf(text);
  const state = left < 0 ? "counter counter-over" : left < limit * 0.1 ? "counter counter-near" : "counter";
  return (
    <output className={state} aria-label={t.charactersLeft(left)}>
      {lengthOf(text)} / {limit.toLocaleString(language)}
    </output>
  );
}
