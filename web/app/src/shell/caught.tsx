import { Component, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { Notice } from "../ui/notice";

/** Around what is loaded later: says so when it did not load, which only loading the page again can mend. */
export class Caught extends Component<{ children: ReactNode }, { failed: boolean }> {
  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override state = { failed: false };

  override render(): ReactNode {
    return this.state.failed ? <NotLoaded /> : this.props.children;
  }
}

function NotLoaded(): ReactNode {
  const { t } = useI18n();
  return (
    <Notice isPage title={t.partFailed}>
      <button type="button" className="button button-primary" onClick={() => location.reload()}>
        {t.tryAgain}
      </button>
    </Notice>
  );
}
