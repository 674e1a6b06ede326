import { useLayoutEffect, useRef, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { CloseIcon } from "./icons";

interface DialogProps {
  title: string;
  /** Escape, the close button, or a click beside it. */
  onClose(): void;
  className?: string;
  children: ReactNode;
}

/** The browser's own modal dialog: it keeps the focus inside, and gives it back at the end. */
export function Dialog({ title, onClose, className = "", children }: DialogProps): ReactNode {
  const { t } = useI18n();
  const element = useRef<HTMLDialogElement>(null);
  // Closed while it is still part of the page: one that is gone already gives nothing back.
  useLayoutEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // The browser would choose the close button, because it comes first.
    dialog?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      className={`dialog ${className}`}
      aria-label={title}
      onCancel={(event) => {
        // Whoever chooses no file cancels that, and not the dialog around it.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      // Browsers close what was not left by the first Escape, without asking.
      onClose={() => element.current?.open || onClose()}
      onPointerDown={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className="dialog-body">
        <div className="dialog-head">
          <h2>{title}</h2>
          <button type="button" className="icon-button" aria-label={t.close} onClick={onClose}>
            <CloseIcon />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
