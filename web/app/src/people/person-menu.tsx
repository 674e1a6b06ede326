import type { Creator } from "@feedline/client";
import { useSession } from "@feedline/react";
import { usePeople } from "@feedline/react/people";
import { useState, type ReactNode } from "react";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { ConfirmDialog } from "../ui/confirm-dialog";
import { MoreIcon } from "../ui/icons";
import { useToast } from "../ui/toasts";
import { usePopover } from "../ui/use-popover";
import { ReportDialog, type Reported } from "./report-dialog";

interface PersonMenuProps {
  person: Creator;
  /** What it is about, for who can't see where it stands. */
  label: string;
  about: Reported;
}

/** What a viewer can do about somebody else. */
export function PersonMenu({ person, label, about }: PersonMenuProps): ReactNode {
  const { user } = useSession();
  const { t } = useI18n();
  const { open, setOpen, box, button } = usePopover();
  const [asked, setAsked] = useState<"block" | "report" | null>(null);
  if (!user || user.id === person.id) return null;
  const ask = (what: "block" | "report") => {
    button.current?.focus();
    setOpen(false);
    setAsked(what);
  };
  return (
    <div ref={box} className="menu-box">
      <button
        ref={button}
        type="button"
        className="icon-button"
        aria-label={label}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <MoreIcon />
      </button>
      {open && (
        <div className="menu">
          <button type="button" className="menu-item" onClick={() => ask("report")}>
            {t.report}
          </button>
          <button type="button" className="menu-item" onClick={() => ask("block")}>
            {t.block(person.username)}
          </button>
        </div>
      )}
      {asked === "block" && <BlockDialog person={person} onClose={() => setAsked(null)} />}
      {asked === "report" && <ReportDialog about={about} onClose={() => setAsked(null)} />}
    </div>
  );
}

function BlockDialog({ person, onClose }: { person: Creator; onClose(): void }): ReactNode {
  const { t } = useI18n();
  const toast = useToast();
  const people = usePeople();

  async function block(isBlocked: boolean): Promise<void> {
    try {
      await people.block(person.id, isBlocked);
      if (!isBlocked) toast(t.unblocked(person.username));
      else toast(t.blocked(person.username), { label: t.undo, run: () => void block(false) });
    } catch (error) {
      toast(describe(error, t));
    }
  }

  return (
    <ConfirmDialog
      title={t.blockTitle(person.username)}
      text={t.blockText}
      label={t.blockNow}
      onConfirm={() => block(true)}
      onClose={onClose}
    />
  );
}
