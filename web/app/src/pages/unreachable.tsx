import { useFeedline } from "@feedline/react";
import { useEffect, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { Notice } from "../ui/notice";

const AGAIN_MS = 5_000;

/** The server did not even say who is signed in. */
export function Unreachable(): ReactNode {
  const { session } = useFeedline();
  const { t } = useI18n();
  useEffect(() => {
    const timer = setInterval(() => void session.check(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [session]);
  return (
    <Notice isPage title={t.unreachableTitle} text={t.unreachable}>
      <button type="button" className="button button-primary" onClick={() => void session.check()}>
        {t.tryAgain}
      </button>
    </Notice>
  );
}
