import { Comments, type CommentsSnapshot } from "@feedline/client/comments";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useFeedline } from "./provider";
import { useSession } from "./use-session";

export interface UseComments extends CommentsSnapshot {
  comments: Comments;
}

/** The comments of a post, live for as long as the component is there, and the writing of new ones. */
export function useComments(postId: string): UseComments {
  const client = useFeedline();
  const viewerId = useSession().user?.id;
  // oxlint-disable-next-line react/exhaustive-deps -- another viewer has other comments to send
  const comments = useMemo(() => new Comments(client, postId), [client, postId, viewerId]);
  const snapshot = useSyncExternalStore(comments.subscribe, comments.snapshot);
  useEffect(() => comments.open(), [comments]);
  return { ...snapshot, comments };
}
