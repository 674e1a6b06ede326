import { useSession } from "@feedline/react";
import { useLikes } from "@feedline/react/likes";
import { useLocation } from "wouter";
import { useI18n } from "../i18n";
import { useToast } from "../ui/toasts";

/** Likes a post, or takes the like back; a stranger is led to sign in. */
export function useLike(): (postId: string) => void {
  const likes = useLikes();
  const { user } = useSession();
  const { t } = useI18n();
  const toast = useToast();
  const [, navigate] = useLocation();
  return (postId) => {
    if (user) likes.toggle(postId).catch(() => toast(t.likeFailed));
    else navigate("/sign-in");
  };
}
