import { useEffect, useRef } from "react";

export type Shortcuts = Readonly<Record<string, () => void>>;

/** Single keys, while nobody types and no dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts);
  useEffect(() => {
    current.current = shortcuts;
  });
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
      const action = current.current[keyOf(event)];
      if (!action) return;
      event.preventDefault();
      action();
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
}

/** On a layout without Latin letters, the letter that is printed at that place of the usual one. */
function keyOf({ key, code }: KeyboardEvent): string {
  const isLatin = key.length === 1 && key.charCodeAt(0) < 128;
  return !isLatin && code.startsWith("Key") ? code.slice(3).toLowerCase() : key;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
