import type { User } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { Avatar } from "../ui/avatar";
import { useToast } from "../ui/toasts";
import { usePopover } from "../ui/use-popover";
import { LanguageSwitch } from "./language-switch";

interface AccountMenuProps {
  user: User;
  onHelp(): void;
}

export function AccountMenu({ user, onHelp }: AccountMenuProps): ReactNode {
  const { session } = useFeedline();
  const { t } = useI18n();
  const toast = useToast();
  const [, navigate] = useLocation();
  const { open, setOpen, box, button } = usePopover();
  const close = () => setOpen(false);

  async function signOut(): Promise<void> {
    try {
      await session.logout();
      navigate("/");
    } catch (error) {
      toast(describe(error, t));
    }
  }

  return (
    <div ref={box} className="menu-box">
      <button
        ref={button}
        type="button"
        className="avatar-button"
        aria-label={t.account}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Avatar person={user} />
      </button>
      {open && (
        <div className="menu">
          <p className="menu-name">
            <strong>{user.name || user.username}</strong>
            <span>@{user.username}</span>
          </p>
          <Link href={`/u/${user.username}`} className="menu-item" onClick={close}>
            {t.myProfile}
          </Link>
          <Link href="/subscribers" className="menu-item" onClick={close}>
            {t.subscribers}
          </Link>
          <Link href="/settings" className="menu-item" onClick={close}>
            {t.settings}
          </Link>
          {user.role === "admin" && (
            <Link href="/admin" className="menu-item" onClick={close}>
              {t.admin}
            </Link>
          )}
          <button
            type="button"
            className="menu-item"
            onClick={() => {
              close();
              onHelp();
            }}
          >
            {t.keyboardHelp}
          </button>
          <LanguageSwitch className="menu-item" />
          <button type="button" className="menu-item" onClick={() => void signOut()}>
            {t.signOut}
          </button>
        </div>
      )}
    </div>
  );
}
