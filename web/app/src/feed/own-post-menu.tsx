import type { Post } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useState, type ReactNode } from "react";
import { useComposer } from "../composer/composer";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { Dialog } from "../ui/dialog";
import { PencilIcon, TrashIcon } from "../ui/icons";
import { useToast } from "../ui/toasts";

/** What an author can do with a post. */
export function OwnPostMenu({ post }: { post: Post }): ReactNode {
  const { t } = useI18n();
  const compose = useComposer();
  const [asking, setAsking] = useState(false);
  return (
    <div className="post-actions">
      <button type="button" className="icon-button" aria-label={t.edit} onClick={() => compose({ kind: "edit", post })}>
        <PencilIcon />
      </button>
      <button type="button" className="icon-button" aria-label={t.delete} onClick={() => setAsking(true)}>
        <TrashIcon />
      </button>
      {asking && <DeleteDialog postId={post.id} onClose={() => setAsking(false)} />}
    </div>
  );
}

function DeleteDialog({ postId, onClose }: { postId: string; onClose(): void }): ReactNode {
  const client = useFeedline();
  const { t } = useI18n();
  const toast = useToast();
  const [busy, setBusy] = useState(false);

  async function remove(): Promise<void> {
    setBusy(true);
    try {
      await client.delete(postId);
      toast(t.deleted);
    } catch (error) {
      toast(describe(error, t));
      onClose();
    }
  }

  return (
    <Dialog title={t.deleteTitle} className="dialog-small" onClose={onClose}>
      <p className="dialog-text">{t.deleteText}</p>
      <div className="dialog-foot">
        <button type="button" className="button" data-autofocus onClick={onClose}>
          {t.cancel}
        </button>
        <button type="button" className="button button-danger" disabled={busy} onClick={() => void remove()}>
          {t.delete}
        </button>
      </div>
    </Dialog>
  );
}
