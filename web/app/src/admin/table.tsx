import type { ReactNode } from "react";

/** A table; on a phone each of its rows is a card, in which a cell has its `data-label` before it. */
export function Table({ titles, children }: { titles: readonly string[]; children: ReactNode }): ReactNode {
  return (
    <div className="admin-wide">
      <table className="admin-table admin-cards">
        <thead>
          <tr>
            {titles.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
