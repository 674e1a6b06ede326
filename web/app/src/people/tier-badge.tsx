import type { Tier } from "@feedline/client";
import type { ReactNode } from "react";

/** A tier by its name, which is the same in every language. */
export function TierBadge({ tier }: { tier: Tier }): ReactNode {
  return (
    <span className="tier" data-tier={tier}>
      {tier}
    </span>
  );
}
