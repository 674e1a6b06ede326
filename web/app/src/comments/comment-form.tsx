import { useSession } from "@feedline/react";
import { useId, useState, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { LIMITS, lengthOf } from "../composer/draft";
import { useI18n } from "../i18n";
import { readStored, writeStored } from "../storage";
import { Avatar } from "../ui/avatar";
import { Counter } from "../ui/counter";
import { commandKey } from "../ui/command-key";

interface CommentFormProps {
  postId: string;
  input: RefObject<HTMLTextAreaElement | null>;
  onSend(text: string): void;
}

/** Writes a comment; what was begun is kept until it is sent. */
export function CommentForm({ postId, input, onSend }: CommentFormProps): ReactNode {
  const { t } = useI18n();
  const { user } = useSession();
  const id = useId();
  const key = `feedline.draft.comment.${user?.id}.${postId}`;
  const [text, setText] = useState(() => readStored(key) ?? "");
  const isTooLong = lengthOf(text.trim()) > LIMITS.comment;
  if (!user) return null;

  function change(value: string): void {
    setText(value);
    writeStored(key, value.trim() === "" ? null : value);
  }

  function send(): void {
    if (text.trim() === "" || isTooLong) return input.current?.focus();
    onSend(text.trim());
    change("");
    input.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      className="comment-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Avatar person={user} />
      <div className={isTooLong ? "field field-wrong" : "field"}>
        <label htmlFor={id} className="visually-hidden">
          {t.commentField}
        </label>
        <textarea
          id={id}
          ref={input}
          name="comment"
          dir="auto"
          rows={1}
          value={text}
          placeholder={t.commentPlaceholder}
          aria-invalid={isTooLong || undefined}
          onKeyDown={onKeyDown}
          onChange={(event) => change(event.target.value)}
        />
        {text !== "" && (
          <div className="comment-form-foot">
            <p className="form-note">{t.commentHint(commandKey)}</p>
            <Counter text={text} limit={LIMITS.comment} />
            <button type="submit" className="button button-small button-primary" aria-disabled={isTooLong}>
              {t.commentSend}
            </button>
          </div>
        )}
      </div>
    </form>
  );
}
