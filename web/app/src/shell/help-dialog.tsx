import type { ReactNode } from "react";
import { useI18n } from "../i18n";
import { Dialog } from "../ui/dialog";

export function HelpDialog({ onClose }: { onClose(): void }): ReactNode {
  const { t } = useI18n();
  const keys = [
    ["j", t.helpNext],
    ["k", t.helpPrevious],
    ["n", t.helpNew],
    [".", t.helpLoad],
    ["l", t.helpLike],
    ["c", t.helpComment],
    ["?", t.helpHelp],
    ["Esc", t.helpClose],
  ];
  return (
    <Dialog title={t.helpTitle} className="dialog-small" onClose={onClose}>
      <dl className="keys">
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
