import { createContext, useCallback, useContext, useState, type ReactNode } from "react";

const SHOWN_MS = 5_000;

interface Toast {
  id: number;
  text: string;
}

const Context = createContext<(text: string) => void>(() => {});

/** Short notes at the bottom of the window, read out politely, gone by themselves. */
export function ToastProvider({ children }: { children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const show = useCallback((text: string) => {
    const toast = { id: nextId++, text };
    // The same note twice is one note, shown for longer.
    setToasts((shown) => [...shown.filter((other) => other.text !== text), toast]);
    setTimeout(() => setToasts((shown) => shown.filter((other) => other !== toast)), SHOWN_MS);
  }, []);
  return (
    <Context value={show}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <p key={toast.id} className="toast">
            {toast.text}
          </p>
        ))}
      </div>
    </Context>
  );
}

let nextId = 0;

export function useToast(): (text: string) => void {
  return useContext(Context);
}
