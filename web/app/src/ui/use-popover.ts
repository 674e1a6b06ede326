import { useEffect, useRef, useState, type RefObject } from "react";

interface Popover {
  open: boolean;
  setOpen(open: boolean): void;
  box: RefObject<HTMLDivElement | null>;
  button: RefObject<HTMLButtonElement | null>;
}

/** What opens under a button, and closes by Escape or whatever happens elsewhere. */
export function usePopover(): Popover {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = ({ target }: Event) => {
      // A dialog that was opened from it is not elsewhere.
      if (target instanceof Element && !box.current?.contains(target) && !target.closest("dialog")) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
      button.current?.focus();
      setOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
      document.removeEventListener("keydown", escape);
    };
  }, [open]);
  return { open, setOpen, box, button };
}
