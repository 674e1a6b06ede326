import { useRef, useState, type ClipboardEvent, type DragEvent, type KeyboardEvent, type ReactNode } from "react";
import { useI18n } from "../i18n";
import type { FieldErrors } from "../problems";
import { commandKey } from "../ui/command-key";
import { Counter } from "../ui/counter";
import { Field } from "../ui/field";
import { useFormErrors } from "../ui/use-form-errors";
import { check, LIMITS, TIERS, type Form } from "./draft";
import { accepted } from "./media";
import { MediaField, type MediaHandle } from "./media-field";

interface PostFormProps {
  initial: Form;
  initialErrors?: FieldErrors;
  submitLabel: string;
  note?: string | undefined;
  onChange?(form: Form): void;
  /** Resolves with what was wrong; with nothing when the form is done. */
  onSubmit(form: Form): Promise<FieldErrors | void> | void;
}

/** The inputs of a post, for a new one and for a change. */
export function PostForm({ initial, initialErrors, submitLabel, note, onChange, onSubmit }: PostFormProps): ReactNode {
  const { t } = useI18n();
  const [form, setForm] = useState(initial);
  const { form: element, errors, setErrors, refuse } = useFormErrors(initialErrors);
  const [busy, setBusy] = useState(false);
  const [isSending, setSending] = useState(false);
  const [isOver, setOver] = useState(false);
  const media = useRef<MediaHandle>(null);
  const latest = useRef(form);

  function change(part: Partial<Form>): void {
    const next = { ...latest.current, ...part };
    latest.current = next;
    setForm(next);
    onChange?.(next);
    if (Object.keys(errors).length > 0) setErrors(check(next, t));
  }

  async function submit(): Promise<void> {
    if (isSending) return refuse({ mediaId: t.mediaWait });
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

  function onPaste(event: ClipboardEvent): void {
    const file = accepted(event.clipboardData?.files);
    if (!file) return;
    event.preventDefault();
    media.current?.take(file);
  }

  function onDrop(event: DragEvent): void {
    setOver(false);
    const file = accepted(event.dataTransfer?.files);
    if (!file) return;
    event.preventDefault();
    media.current?.take(file);
  }

  function onDragOver(event: DragEvent): void {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    setOver(true);
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
      data-drop={isOver ? t.mediaDrop : undefined}
      onKeyDown={onKeyDown}
      onPaste={onPaste}
      onDragOver={onDragOver}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget as Node | null) || setOver(false)}
      onDrop={onDrop}
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
            dir="auto"
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
            dir="auto"
            rows={6}
            value={form.text}
            placeholder={t.textPlaceholder}
            data-autofocus
            onChange={(event) => change({ text: event.target.value })}
          />
        )}
      </Field>
      <MediaField
        ref={media}
        media={form.media}
        error={errors.mediaId}
        onChange={(sent) => change({ media: sent })}
        onBusy={setSending}
      />
      <div className="field-row">
        <Field label={t.tagsField} hint={t.tagsHint} error={errors.tags}>
          {(input) => (
            <input
              {...input}
              name="tags"
              dir="auto"
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
              dir="auto"
              value={form.category}
              placeholder={t.optional}
              autoComplete="off"
              onChange={(event) => change({ category: event.target.value })}
            />
          )}
        </Field>
      </div>
      <Field label={t.tierField} error={errors.tier}>
        {(input) => (
          <select
            {...input}
            name="tier"
            className="select"
            value={form.tier}
            onChange={(event) => change({ tier: event.target.value as Form["tier"] })}
          >
            <option value="">{t.tierNone}</option>
            {TIERS.map((tier) => (
              <option key={tier} value={tier}>
                {t.tierAndUp(tier)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <div className="form-foot">
        <p className={note === undefined ? "form-note wide-only" : "form-note"}>{note ?? t.publishHint(commandKey)}</p>
        <button type="submit" className="button button-primary" aria-disabled={busy}>
          {submitLabel}
        </button>
      </div>
    </form>
  );
}
