import type { ReactNode } from "react";
import { useI18n } from "../i18n";

const ROWS = ["a", "b", "c", "d"];

/** The shape of what is coming. */
export function FeedSkeleton(): ReactNode {
  const { t } = useI18n();
  return (
    <div className="skeletons" role="status" aria-label={t.loading}>
      {ROWS.map((row) => (
        <div key={row} className="post skeleton" aria-hidden="true">
          <span className="skeleton-avatar" />
          <span className="skeleton-line skeleton-short" />
          <span className="skeleton-line" />
          <span className="skeleton-line skeleton-medium" />
        </div>
      ))}
    </div>
  );
}
