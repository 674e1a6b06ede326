import { createContext, useCallback, useContext, useState, type ReactNode } from "react";

const SHOWN_MS = 5_000;
/** Who wants to take something back needs longer, above all by keyboard. */
const WITH_ACTION_MS = 10_000;

/** What can be done about what a note says. */
interface Action {
  label: string;
  run(): void;
}

interface Toast {
  id: number;
  text: string;
  action?: Action;
}

type Show = (text: string, action?: Action) => void;

const Context = createContext<Show>(() => {});

/** Short notes at the bottom of the window, read out politely, gone by themselves. */
export function ToastProvider({ children }: { children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const hide = useCallback((toast: Toast) => setToasts((shown) => shown.filter((other) => other !== toast)), []);
  const show = useCallback<Show>(
    (text, action) => {
      const toast = { id: nextId++, text, ...(action && { action }) };
      // The same note twice is one note, shown for longer.
      setToasts((shown) => [...shown.filter((other) => other.text !== text), toast]);
      setTimeout(() => hide(toast), action ? WITH_ACTION_MS : SHOWN_MS);
    },
    [hide],
  );
  return (
    <Context value={show}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <p key={toast.id} className="toast">
            {toast.text}
            {toast.action && <ToastButton action={toast.action} onDone={() => hide(toast)} />}
          </p>
        ))}
      </div>
    </Context>
  );
}

function ToastButton({ action, onDone }: { action: Action; onDone(): void }): ReactNode {
  const act = () => {
    onDone();
    action.run();
  };
  return (
    <button type="button" className="toast-button" onClick={act}>
      {action.label}
    </button>
  );
}

let nextId = 0;

export function useToast(): Show {
  return useContext(Context);
}
