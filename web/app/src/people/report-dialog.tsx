import { useFeedline } from "@feedline/react";
import { useState, type FormEvent, type ReactNode } from "react";
import { useI18n, type Language } from "../i18n";
import { byField } from "../problems";
import { Dialog } from "../ui/dialog";
import { Field } from "../ui/field";
import { useToast } from "../ui/toasts";
import { useFormErrors } from "../ui/use-form-errors";
import { REASON_WORDS, REASONS, type Reason } from "./report-reasons";

/** What somebody reports. */
export interface Reported {
  kind: "post" | "comment" | "user";
  id: string;
}

const EN = {
  titles: { post: "Report this post", comment: "Report this comment", user: "Report this person" },
  text: "The admins see it, and nobody else learns that it was you.",
  why: "What is wrong with it?",
  more: "Tell them more",
  send: "Report",
  sent: "Thank you: the admins have it",
};

const WORDS: Readonly<Record<Language, typeof EN>> = {
  en: EN,
  ru: {
    titles: { post: "Пожаловаться на запись", comment: "Пожаловаться на комментарий", user: "Пожаловаться на человека" },
    text: "Жалобу увидят администраторы; больше никто не узнает, что она от вас.",
    why: "Что не так?",
    more: "Подробнее",
    send: "Пожаловаться",
    sent: "Спасибо, жалоба у администраторов",
  },
};

/** Tells the admins of something. */
export function ReportDialog({ about, onClose }: { about: Reported; onClose(): void }): ReactNode {
  const { api } = useFeedline();
  const { language, t } = useI18n();
  const words = WORDS[language];
  const toast = useToast();
  const [reason, setReason] = useState<Reason>("spam");
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const { form, errors, refuse } = useFormErrors();

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    try {
      await api.call("POST", "/api/reports", { ...about, reason, text: text.trim() });
      toast(words.sent);
      onClose();
    } catch (error) {
      refuse(byField(error, ["text"], t));
      setBusy(false);
    }
  }

  return (
    <Dialog title={words.titles[about.kind]} className="dialog-small" onClose={onClose}>
      <form ref={form} className="post-form" noValidate onSubmit={(event) => void send(event)}>
        <p className="dialog-text">{words.text}</p>
        <Field label={words.why} error={errors[""]}>
          {(input) => (
            <select
              {...input}
              className="select"
              value={reason}
              data-autofocus
              onChange={(event) => setReason(event.target.value as Reason)}
            >
              {REASONS.map((one) => (
                <option key={one} value={one}>
                  {REASON_WORDS[language][one]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label={`${words.more} (${t.optional})`} error={errors.text}>
          {(input) => (
            <textarea {...input} name="text" dir="auto" rows={3} value={text} onChange={(event) => setText(event.target.value)} />
          )}
        </Field>
        <div className="form-foot">
          <button type="button" className="button" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="button button-primary" disabled={busy}>
            {words.send}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
