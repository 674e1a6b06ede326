import type { Post } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useState, type ReactNode } from "react";
import { useComposer } from "../composer/composer";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { ConfirmDialog } from "../ui/confirm-dialog";
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

  async function remove(): Promise<void> {
    try {
      await client.delete(postId);
      toast(t.deleted);
    } catch (error) {
      toast(describe(error, t));
    }
  }

  return <ConfirmDialog title={t.deleteTitle} text={t.deleteText} label={t.delete} onConfirm={remove} onClose={onClose} />;
}
