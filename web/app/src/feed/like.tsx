import { useSession } from "@feedline/react";
import { useLikes } from "@feedline/react/likes";
import { createContext, useCallback, useContext, type ReactNode } from "react";
import { useLocation } from "wouter";
import { useI18n } from "../i18n";
import { useToast } from "../ui/toasts";

const Context = createContext<(postId: string) => void>(() => {});

/** Likes a post, or takes the like back; a stranger is led to sign in. */
export function useLike(): (postId: string) => void {
  return useContext(Context);
}

/** Once for all posts: a long feed has many of them, and each would look at all that this needs. */
export function LikeProvider({ children }: { children: ReactNode }): ReactNode {
  const likes = useLikes();
  const isSignedIn = useSession().user !== null;
  const { t } = useI18n();
  const toast = useToast();
  const [, navigate] = useLocation();
  const like = useCallback(
    (postId: string) => {
      if (isSignedIn) likes.toggle(postId).catch(() => toast(t.likeFailed));
      else navigate("/sign-in");
    },
    [likes, isSignedIn, t, toast, navigate],
  );
  return <Context value={like}>{children}</Context>;
}
