import type { CommentEntry, Comments } from "@feedline/client/comments";
import { memo, useState, type ReactNode } from "react";
import { LinkedText } from "../feed/post-text";
import { useI18n } from "../i18n";
import { PersonMenu } from "../people/person-menu";
import { describe } from "../problems";
import { Avatar } from "../ui/avatar";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { TrashIcon, VerifiedIcon } from "../ui/icons";
import { PlaceLink } from "../ui/place-link";
import { Time } from "../ui/time";
import { useToast } from "../ui/toasts";

interface CommentRowProps {
  entry: CommentEntry;
  comments: Comments;
  /** Whether the viewer may delete it: it is theirs, or the post is, or they look after the place. */
  mayDelete: boolean;
  /** Gives a text back to where it was written. */
  onEdit(text: string): void;
  /** It is about to go, with whatever has the focus in it. */
  onDelete(): void;
}

/** Drawn again only when its entry is another one. */
export const CommentRow = memo(function CommentRow({ entry, comments, mayDelete, onEdit, onDelete }: CommentRowProps): ReactNode {
  const { t } = useI18n();
  const { comment, delivery } = entry;
  const { author } = comment;
  return (
    <li className="comment" data-comment-id={comment.id} data-delivery={delivery}>
      <PlaceLink href={`/u/${author.username}`} className="post-avatar" tabIndex={-1} aria-hidden="true">
        <Avatar person={author} />
      </PlaceLink>
      <div className="comment-body">
        <div className="comment-top">
          <p className="comment-head">
            <PlaceLink href={`/u/${author.username}`} className="byline-name">
              {author.name || author.username}
            </PlaceLink>
            {author.isVerified && <VerifiedIcon label={t.verified} />}
            <span className="comment-time">{delivery === "sent" ? <Time at={comment.createdAt} /> : t.sending}</span>
          </p>
          {delivery === "sent" && (
            <div className="post-actions">
              <PersonMenu person={author} label={t.moreOfComment(author.name)} about={{ kind: "comment", id: comment.id }} />
              {mayDelete && <DeleteComment id={comment.id} comments={comments} onDelete={onDelete} />}
            </div>
          )}
        </div>
        <p className="post-text" dir="auto">
          <LinkedText text={comment.text} />
        </p>
        {delivery === "queued" && <p className="delivery">{t.commentQueued}</p>}
        {delivery === "failed" && <FailedComment entry={entry} comments={comments} onEdit={onEdit} />}
      </div>
    </li>
  );
});

interface FailedCommentProps {
  entry: CommentEntry;
  comments: Comments;
  onEdit(text: string): void;
}

function FailedComment({ entry: { key, error }, comments, onEdit }: FailedCommentProps): ReactNode {
  const { t } = useI18n();
  return (
    <div className="delivery delivery-failed" role="alert">
      <p>
        <strong>{t.commentFailed}.</strong> {describe(error, t)}
      </p>
      <div className="delivery-actions">
        <button type="button" className="button button-small" onClick={() => onEdit(comments.discard(key) ?? "")}>
          {t.edit}
        </button>
        <button type="button" className="link-button" onClick={() => comments.retry(key)}>
          {t.tryAgain}
        </button>
        <button type="button" className="link-button" onClick={() => comments.discard(key)}>
          {t.discard}
        </button>
      </div>
    </div>
  );
}

function DeleteComment({ id, comments, onDelete }: { id: string; comments: Comments; onDelete(): void }): ReactNode {
  const { t } = useI18n();
  const toast = useToast();
  const [asking, setAsking] = useState(false);

  async function remove(): Promise<void> {
    onDelete();
    try {
      await comments.delete(id);
      toast(t.commentDeleted);
    } catch (error) {
      toast(describe(error, t));
    }
  }

  return (
    <>
      <button type="button" className="icon-button" aria-label={t.delete} onClick={() => setAsking(true)}>
        <TrashIcon />
      </button>
      {asking && (
        <ConfirmDialog
          title={t.commentDeleteTitle}
          text={t.commentDeleteText}
          label={t.delete}
          onConfirm={remove}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
