import { Suspense, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useI18n } from "../i18n";
import { Caught } from "../shell/caught";
import { usePageTitle } from "../shell/page-title";
import "./admin.css";
import { SECTIONS, type Section } from "./sections";

const ROOT = "/admin";

/** What admins look after: a navigation, and the section that is chosen. */
export default function Admin(): ReactNode {
  const { language, t } = useI18n();
  const [location] = useLocation();
  const section = SECTIONS.find(({ path }) => path === location.slice(ROOT.length + 1).split("/")[0]);
  usePageTitle(section ? `${section.title[language]} · ${t.admin}` : t.admin);
  return (
    <div className="admin">
      <Navigation current={section} />
      {section ? (
        <Caught key={section.path}>
          <Suspense fallback={<p className="admin-loading">{t.loading}</p>}>
            <section.View />
          </Suspense>
        </Caught>
      ) : (
        <p className="admin-loading">{t.noPage}</p>
      )}
    </div>
  );
}

function Navigation({ current }: { current: Section | undefined }): ReactNode {
  const { language, t } = useI18n();
  return (
    <nav className="admin-nav" aria-label={t.admin}>
      {SECTIONS.map((section) => (
        <Link
          key={section.path}
          ref={section === current ? show : null}
          href={section.path === "" ? ROOT : `${ROOT}/${section.path}`}
          className="admin-tab"
          aria-current={section === current ? "page" : undefined}
        >
          {section.title[language]}
        </Link>
      ))}
    </nav>
  );
}

/** On a phone the navigation is wider than the window. */
function show(link: HTMLAnchorElement | null): void {
  link?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
}
