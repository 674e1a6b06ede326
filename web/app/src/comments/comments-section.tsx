import type { Post } from "@feedline/client";
import { useSession } from "@feedline/react";
import { useComments, type UseComments } from "@feedline/react/comments";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import { describeLoad } from "../problems";
import { useShortcuts } from "../shell/use-shortcuts";
import { writeStored } from "../storage";
import { LockIcon } from "../ui/icons";
import { useFocusOnMore } from "../ui/use-focus-on-more";
import { CommentForm } from "./comment-form";
import { CommentRow } from "./comment-row";

/** What is said about a post. */
export function CommentsSection({ post }: { post: Post }): ReactNode {
  const { t } = useI18n();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (location.hash === "#comments") heading.current?.scrollIntoView();
  }, []);
  const { commentsCount } = post.engagement;
  return (
    <section className="comments" id="comments" aria-labelledby="comments-title">
      <h2 id="comments-title" ref={heading} tabIndex={-1}>
        {t.comments} {commentsCount > 0 && <span className="comments-count">{commentsCount}</span>}
      </h2>
      {post.access.isLocked ? <LockedComments post={post} /> : <OpenComments post={post} onDelete={() => heading.current?.focus()} />}
    </section>
  );
}

function LockedComments({ post: { creator } }: { post: Post }): ReactNode {
  const { t } = useI18n();
  return (
    <div className="comments-note">
      <LockIcon />
      <p>
        <strong>{t.commentsLocked}.</strong> {t.commentsLockedText(creator.name || creator.username)}
      </p>
    </div>
  );
}

function OpenComments({ post, onDelete }: { post: Post; onDelete(): void }): ReactNode {
  const state = useComments(post.id);
  const { user } = useSession();
  const { t } = useI18n();
  const input = useRef<HTMLTextAreaElement>(null);
  const [draft, setDraft] = useState(0);
  useShortcuts({ c: () => input.current?.focus() });

  const edit = useCallback(
    (text: string) => {
      // What is begun is kept in the form's storage; a new form finds the text there.
      writeStored(`feedline.draft.comment.${user?.id}.${post.id}`, text);
      setDraft((count) => count + 1);
    },
    [user?.id, post.id],
  );

  return (
    <>
      {user ? (
        <CommentForm key={draft} postId={post.id} input={input} onSend={state.comments.add} />
      ) : (
        <p className="comments-note">
          <Link href="/sign-in">{t.commentsSignIn}</Link>
        </p>
      )}
      <CommentList state={state} post={post} onEdit={edit} onDelete={onDelete} />
    </>
  );
}

interface CommentListProps {
  state: UseComments;
  post: Post;
  onEdit(text: string): void;
  onDelete(): void;
}

function CommentList({ state, post, onEdit, onDelete }: CommentListProps): ReactNode {
  const { t } = useI18n();
  const { user } = useSession();
  const { phase, entries, comments, error } = state;
  const list = useRef<HTMLUListElement>(null);
  const keys = useMemo(() => entries.map(({ key }) => key), [entries]);
  const focusOnMore = useFocusOnMore(list, keys, state.hasMore);
  const mayDeleteAll = user !== null && (user.id === post.creator.id || user.role === "admin");
  if (phase === "failed" && entries.length === 0) {
    return (
      <p className="comments-note" role="alert">
        {t.commentsFailed}. {describeLoad(error, t)}
        <button type="button" className="link-button" onClick={() => comments.reload().catch(() => {})}>
          {t.tryAgain}
        </button>
      </p>
    );
  }
  if (phase === "ready" && entries.length === 0) {
    return (
      <p className="comments-note comments-empty">
        <strong>{t.commentsEmpty}.</strong> {user && t.commentsEmptyText}
      </p>
    );
  }
  return (
    <>
      <ul ref={list} className="comment-list" aria-busy={phase === "loading"}>
        {entries.map((entry) => (
          <CommentRow
            key={entry.key}
            entry={entry}
            comments={comments}
            mayDelete={mayDeleteAll || entry.comment.author.id === user?.id}
            onEdit={onEdit}
            onDelete={onDelete}
          />
        ))}
      </ul>
      {phase === "loading" && <CommentsSkeleton />}
      {state.hasMore && (
        <div className="comments-more">
          {error !== null && <p>{t.commentsFailed}</p>}
          <button
            type="button"
            className="button button-small"
            aria-disabled={state.loadingMore}
            onClick={() => void comments.loadMore()}
            {...focusOnMore}
          >
            {state.loadingMore ? t.loading : t.commentsMore}
          </button>
        </div>
      )}
      <NewestComment state={state} viewerId={user?.id ?? null} />
    </>
  );
}

/** Reads out the newest comment that came while the page was open, unless it is the reader's own. */
function NewestComment({ state: { entries }, viewerId }: { state: UseComments; viewerId: string | null }): ReactNode {
  const { t } = useI18n();
  const [shownSince] = useState(() => Date.now());
  const newest = entries.find(({ delivery }) => delivery === "sent")?.comment;
  const isNews = newest && Date.parse(newest.createdAt) >= shownSince && newest.author.id !== viewerId;
  return (
    <p className="visually-hidden" aria-live="polite">
      {isNews && t.commentBy(newest.author.name)}
    </p>
  );
}

function CommentsSkeleton(): ReactNode {
  const { t } = useI18n();
  return (
    <div role="status" aria-label={t.loading}>
      {["a", "b"].map((row) => (
        <div key={row} className="comment skeleton" aria-hidden="true">
          <span className="skeleton-round" />
          <div className="comment-body">
            <span className="skeleton-line skeleton-short" />
            <span className="skeleton-line skeleton-medium" />
          </div>
        </div>
      ))}
    </div>
  );
}
