import { isPassing, type PostEntry } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import type { ReactNode } from "react";
import { useComposer } from "../composer/composer";
import { EMPTY_FORM, FIELDS } from "../composer/draft";
import { keepDraft } from "../composer/kept-draft";
import { useI18n } from "../i18n";
import type { Dictionary } from "../i18n/en";
import { byField } from "../problems";

/** What became of a post that the server does not have yet. */
export function DeliveryLine({ entry }: { entry: PostEntry }): ReactNode {
  const { t } = useI18n();
  if (entry.delivery === "sending") return <p className="delivery">{t.sending}</p>;
  return entry.delivery === "queued" ? <QueuedLine clientId={entry.key} /> : <FailedLine entry={entry} />;
}

/** It needs nothing from its author, who can do something all the same. */
function QueuedLine({ clientId }: { clientId: string }): ReactNode {
  const { publisher } = useFeedline();
  const { t } = useI18n();
  return (
    <div className="delivery delivery-queued" role="status">
      <p>{t.queued}</p>
      <div className="delivery-actions">
        <button type="button" className="link-button" onClick={() => publisher.sendNow()}>
          {t.sendNow}
        </button>
        <DiscardButton clientId={clientId} />
      </div>
    </div>
  );
}

function FailedLine({ entry: { key, error } }: { entry: PostEntry }): ReactNode {
  const { publisher } = useFeedline();
  const { t } = useI18n();
  const compose = useComposer();
  const passing = isPassing(error);
  const draft = publisher.draft(key);
  return (
    <div className="delivery delivery-failed" role="alert">
      <p>
        <strong>{t.sendingFailed}.</strong> {passing ? t.sendingTooLate : reasons(error, t)}
      </p>
      <div className="delivery-actions">
        {passing || draft === null ? (
          <button type="button" className="button button-small" onClick={() => publisher.retry(key)}>
            {t.tryAgain}
          </button>
        ) : (
          // A refused post can be changed; one whose fate is unknown can't, or it might come twice.
          <button
            type="button"
            className="button button-small"
            onClick={() => compose({ kind: "refused", clientId: key, draft, error })}
          >
            {t.edit}
          </button>
        )}
        <DiscardButton clientId={key} />
      </div>
    </div>
  );
}

function DiscardButton({ clientId }: { clientId: string }): ReactNode {
  const { publisher } = useFeedline();
  const { t } = useI18n();

  function discard(): void {
    keepDraft(clientId, EMPTY_FORM);
    publisher.discard(clientId);
  }

  return (
    <button type="button" className="link-button" onClick={discard}>
      {t.discard}
    </button>
  );
}

/** What the server found, each with the field that it is about. */
function reasons(error: unknown, t: Dictionary): string {
  const labels: Record<string, string> = {
    title: t.titleField,
    text: t.textField,
    tags: t.tagsField,
    category: t.categoryField,
    tier: t.tierField,
  };
  const found = Object.entries(byField(error, FIELDS, t));
  return found.map(([field, message]) => (field in labels ? `${labels[field]}: ${message}` : message)).join(" ");
}
