import type { Draft, Post } from "@feedline/client";
import { useFeedline, useSession } from "@feedline/react";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { byField, type FieldErrors } from "../problems";
import { Dialog } from "../ui/dialog";
import { useToast } from "../ui/toasts";
import { EMPTY_FORM, FIELDS, formOf, formOfPost, isBlank, toChange, toDraft, type Form } from "./draft";
import { keepDraft, keptDraft } from "./kept-draft";
import { PostForm } from "./post-form";

/** What the composer is open for: a new post, one that was refused, or a change. */
type Task =
  | { kind: "new" }
  | { kind: "refused"; clientId: string; draft: Draft; error: unknown }
  | { kind: "edit"; post: Post };

const Context = createContext<(task: Task) => void>(() => {});

/** Opens the composer. */
export function useComposer(): (task: Task) => void {
  return useContext(Context);
}

interface ComposerProviderProps {
  /** Called when a post has been put into the feed. */
  onPublished(): void;
  children: ReactNode;
}

export function ComposerProvider({ onPublished, children }: ComposerProviderProps): ReactNode {
  const { user } = useSession();
  const [task, setTask] = useState<Task | null>(null);
  const close = useCallback(() => setTask(null), []);
  return (
    <Context value={setTask}>
      {children}
      {user && task?.kind === "new" && <NewPost userId={user.id} onClose={close} onPublished={onPublished} />}
      {user && task?.kind === "refused" && <RefusedPost {...task} onClose={close} onPublished={onPublished} />}
      {user && task?.kind === "edit" && <EditPost post={task.post} onClose={close} />}
    </Context>
  );
}

interface DialogProps {
  onClose(): void;
}

function NewPost({ userId, onClose, onPublished }: DialogProps & { userId: string; onPublished(): void }): ReactNode {
  const client = useFeedline();
  const { t } = useI18n();
  const [initial] = useState(() => keptDraft(userId));
  const [isKept, setKept] = useState(false);

  function change(form: Form): void {
    keepDraft(userId, form);
    setKept(!isBlank(form));
  }

  function publish(form: Form): void {
    client.publish(toDraft(form));
    keepDraft(userId, EMPTY_FORM);
    onClose();
    onPublished();
  }

  return (
    <Dialog title={t.composeTitle} className="composer" onClose={onClose}>
      <PostForm
        initial={initial}
        submitLabel={t.publish}
        note={isKept ? t.draftKept : undefined}
        onChange={change}
        onSubmit={publish}
      />
    </Dialog>
  );
}

interface RefusedPostProps extends DialogProps {
  clientId: string;
  draft: Draft;
  error: unknown;
  onPublished(): void;
}

function RefusedPost({ clientId, draft, error, onClose, onPublished }: RefusedPostProps): ReactNode {
  const client = useFeedline();
  const { t } = useI18n();
  const [initial] = useState(() => {
    const changed = keptDraft(clientId);
    return isBlank(changed) ? formOf(draft) : changed;
  });

  function publish(form: Form): void {
    keepDraft(clientId, EMPTY_FORM);
    // Another text is another post: the old key belongs to the one that the server has refused.
    client.publisher.discard(clientId);
    client.publish(toDraft(form));
    onClose();
    onPublished();
  }

  return (
    <Dialog title={t.composeTitle} className="composer" onClose={onClose}>
      <PostForm
        initial={initial}
        initialErrors={byField(error, FIELDS, t)}
        submitLabel={t.publish}
        onChange={(form) => keepDraft(clientId, form)}
        onSubmit={publish}
      />
    </Dialog>
  );
}

function EditPost({ post, onClose }: DialogProps & { post: Post }): ReactNode {
  const client = useFeedline();
  const { t } = useI18n();
  const toast = useToast();
  const initial = useMemo(() => formOfPost(post), [post]);

  async function save(form: Form): Promise<FieldErrors | void> {
    try {
      await client.edit(post.id, toChange(form, post));
    } catch (error) {
      return byField(error, FIELDS, t);
    }
    onClose();
    toast(t.saved);
  }

  return (
    <Dialog title={t.editTitle} className="composer" onClose={onClose}>
      <PostForm initial={initial} submitLabel={t.save} note="" onSubmit={save} />
    </Dialog>
  );
}
