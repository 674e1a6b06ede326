import { useState, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { Dialog } from "./dialog";

interface ConfirmDialogProps {
  title: string;
  text: string;
  /** What will be done. */
  label: string;
  /** Does it; says of a failure itself. */
  onConfirm(): Promise<void>;
  onClose(): void;
}

/** Asks before something that can't be undone. */
export function ConfirmDialog({ title, text, label, onConfirm, onClose }: ConfirmDialogProps): ReactNode {
  const { t } = useI18n();
  const [busy, setBusy] = useState(false);

  async function confirm(): Promise<void> {
    setBusy(true);
    await onConfirm();
    onClose();
  }

  return (
    <Dialog title={title} className="dialog-small" onClose={onClose}>
      <p className="dialog-text">{text}</p>
      <div className="dialog-foot">
        <button type="button" className="button" data-autofocus onClick={onClose}>
          {t.cancel}
        </button>
        <button type="button" className="button button-danger" disabled={busy} onClick={() => void confirm()}>
          {label}
        </button>
      </div>
    </Dialog>
  );
}
