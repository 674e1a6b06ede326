import { useSession } from "@feedline/react";
import type { ReactNode } from "react";
import { Link, useRoute } from "wouter";
import { useComposer } from "../composer/composer";
import { useI18n } from "../i18n";
import { Bell } from "../notifications/bell";
import { Mark, PlusIcon } from "../ui/icons";
import { AccountMenu } from "./account-menu";
import { LanguageSwitch } from "./language-switch";

export function Header({ onHelp }: { onHelp(): void }): ReactNode {
  const { user, status } = useSession();
  const { t } = useI18n();
  return (
    <header className="top">
      <div className="top-inner">
        <Link href="/" className="brand" aria-label={t.appName}>
          <Mark />
          <span className="brand-name">{t.appName}</span>
        </Link>
        <nav className="tabs" aria-label={t.navigation}>
          {user && <Tab href="/">{t.home}</Tab>}
          <Tab href="/everyone">{t.everyone}</Tab>
        </nav>
        <div className="top-end">
          {user && <NewPostButton />}
          {user && <Bell />}
          {user && <AccountMenu user={user} onHelp={onHelp} />}
          {status === "signed-out" && <SignedOutLinks />}
        </div>
      </div>
    </header>
  );
}

function Tab({ href, children }: { href: string; children: ReactNode }): ReactNode {
  const [here] = useRoute(href);
  return (
    <Link href={href} className="tab" aria-current={here ? "page" : undefined}>
      {children}
    </Link>
  );
}

function NewPostButton(): ReactNode {
  const { t } = useI18n();
  const compose = useComposer();
  return (
    <button type="button" className="button button-primary new-post" onClick={() => compose({ kind: "new" })}>
      <PlusIcon />
      <span>{t.newPost}</span>
    </button>
  );
}

function SignedOutLinks(): ReactNode {
  const { t } = useI18n();
  return (
    <>
      <LanguageSwitch className="link-button wide-only" />
      <Link href="/sign-in" className="button button-quiet">
        {t.signIn}
      </Link>
      <Link href="/sign-up" className="button button-primary">
        {t.signUp}
      </Link>
    </>
  );
}
