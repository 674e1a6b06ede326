import type { ReactNode } from "react";
import { Link } from "wouter";
import { useI18n } from "../i18n";
import { LanguageSwitch } from "../shell/language-switch";
import { usePageTitle } from "../shell/page-title";
import { EveryoneFeed } from "./everyone";

/** What a visitor who is not signed in finds at the start. */
export function WelcomePage(): ReactNode {
  const { t } = useI18n();
  usePageTitle(null);
  return (
    <>
      <section className="hero">
        <h1>{t.welcomeTitle}</h1>
        <p>{t.welcomeText}</p>
        <div className="hero-actions">
          <Link href="/sign-up" className="button button-primary button-large">
            {t.signUp}
          </Link>
          <Link href="/sign-in" className="button button-large">
            {t.signIn}
          </Link>
          <LanguageSwitch className="link-button narrow-only" />
        </div>
      </section>
      <h2 className="section-title">{t.latest}</h2>
      <EveryoneFeed />
    </>
  );
}
