import type { Creator } from "@feedline/client";
import { useState, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { useToast } from "../ui/toasts";

interface UnblockButtonProps {
  person: Creator;
  unblock(id: string): Promise<void>;
}

export function UnblockButton({ person, unblock }: UnblockButtonProps): ReactNode {
  const { t } = useI18n();
  const toast = useToast();
  const [busy, setBusy] = useState(false);

  async function end(): Promise<void> {
    setBusy(true);
    try {
      await unblock(person.id);
      toast(t.unblocked(person.username));
    } catch (error) {
      setBusy(false);
      toast(describe(error, t));
    }
  }

  return (
    <button type="button" className="button button-small" disabled={busy} onClick={() => void end()}>
      {t.unblock}
      <span className="visually-hidden"> {person.name || person.username}</span>
    </button>
  );
}
