import type { User } from "@feedline/client";
import { useFeedline } from "@feedline/react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useI18n } from "../i18n";
import { describe } from "../problems";
import { Avatar } from "../ui/avatar";
import { useToast } from "../ui/toasts";
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
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => setOpen(false);

  async function signOut(): Promise<void> {
    try {
      await session.logout();
      navigate("/");
    } catch (error) {
      toast(describe(error, t));
    }
  }

  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!(event.target instanceof Node && box.current?.contains(event.target))) setOpen(false);
    };
    const escape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
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
