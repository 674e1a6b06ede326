import { useFeedline } from "@feedline/react";
import { useEffect, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { Notice } from "../ui/notice";

const AGAIN_MS = 5_000;

/** The server did not even say who is signed in. */
export function Unreachable(): ReactNode {
  const { session, platform } = useFeedline();
  const { t } = useI18n();
  useEffect(() => {
    const check = () => void session.check();
    // Not everyone at the same moment.
    const timer = setInterval(check, AGAIN_MS * (0.75 + platform.random() / 2));
    const stopWaking = platform.onWake(check);
    return () => {
      clearInterval(timer);
      stopWaking();
    };
  }, [session, platform]);
  return (
    <Notice isPage title={t.unreachableTitle} text={t.unreachable}>
      <button type="button" className="button button-primary" onClick={() => void session.check()}>
        {t.tryAgain}
      </button>
    </Notice>
  );
}
