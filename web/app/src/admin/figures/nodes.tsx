import type { ReactNode } from "react";
import { useI18n } from "../../i18n";
import { Time } from "../../ui/time";
import { useWords } from "../words";
import type { Health, Mishap, NodeView } from "./model";
import { lasted, written } from "./units";
import { WORDS } from "./words";

export function Nodes({ nodes }: { nodes: readonly NodeView[] }): ReactNode {
  const words = useWords(WORDS);
  const columns = [
    words.node,
    words.state,
    words.bus,
    words.database,
    words.connections,
    words.posts,
    words.deliveries,
    `${words.toSocket}, p95`,
    words.lag,
    words.slow,
    words.loop,
    words.since,
    words.version,
  ];
  return (
    <section className="admin-sheet" aria-labelledby="admin-nodes">
      <h2 id="admin-nodes">{words.nodes}</h2>
      <div className="admin-wide" role="group" aria-labelledby="admin-nodes" tabIndex={0}>
        <table className="admin-table admin-nodes">
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {nodes.map((node) => (
              <Node key={node.id} node={node} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Node({ node }: { node: NodeView }): ReactNode {
  const { language } = useI18n();
  const words = useWords(WORDS);
  const isUp = node.state === "up";
  const show = (value: number | null, unit: "count" | "rate" | "ms") => (isUp ? written(value, unit, language) : "–");
  const health = (state: Health, ms: number | null) =>
    isUp ? <Mark mark={state === "ok" ? "good" : state === "degraded" ? "warn" : "bad"}>{`${words.healths[state]}${ms === null ? "" : `, ${written(ms, "ms", language)}`}`}</Mark> : "–";
  return (
    <tr>
      <th scope="row">
        {node.name}
        {node.role !== "all" && ` (${node.role})`} <small>pid {node.pid}</small>
      </th>
      <td>
        <Mark mark={isUp ? "good" : node.state === "silent" ? "bad" : undefined}>{words.states[node.state]}</Mark>
        {!isUp && (
          <small>
            {" "}
            <Time at={node.seenAt} />
          </small>
        )}
      </td>
      <td>{health(node.bus, node.busMs)}</td>
      <td>{health(node.database, node.databaseMs)}</td>
      <td>{show(node.connections, "count")}</td>
      <td>{show(node.postsPerSecond, "rate")}</td>
      <td>{show(node.deliveriesPerSecond, "rate")}</td>
      <td>{show(node.commitToSocket?.p95 ?? null, "ms")}</td>
      <td>{show(node.lag, "count")}</td>
      <td>{show(node.slowReaders, "count")}</td>
      <td>{show(node.loopLag, "ms")}</td>
      <td>{lasted(Date.parse(node.seenAt) - Date.parse(node.startedAt), language)}</td>
      <td>{node.version}</td>
    </tr>
  );
}

/** A word with a coloured dot: what it says does not hang on the colour. */
export function Mark({ mark, children }: { mark: "good" | "warn" | "bad" | undefined; children: ReactNode }): ReactNode {
  return (
    <span className="admin-mark" data-mark={mark}>
      {children}
    </span>
  );
}

export function Mishaps({ mishaps }: { mishaps: readonly Mishap[] }): ReactNode {
  const words = useWords(WORDS);
  return (
    <section className="admin-sheet" aria-labelledby="admin-mishaps">
      <h2 id="admin-mishaps">{words.mishaps}</h2>
      {mishaps.length === 0 && <p className="admin-none">{words.noMishaps}</p>}
      <ul className="admin-mishaps">
        {mishaps.toReversed().map((mishap) => (
          <li key={`${mishap.at} ${mishap.node} ${mishap.message}`}>
            <Mark mark={mishap.level === "warning" ? "warn" : "bad"}>{mishap.level}</Mark> <Time at={mishap.at} /> <span>{mishap.node}</span>{" "}
            <code>{mishap.logger}</code> {mishap.message}
            {mishap.count > 1 && ` (${words.times(mishap.count)})`}
          </li>
        ))}
      </ul>
    </section>
  );
}
