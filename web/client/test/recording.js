import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** Everything that people do, at random, on the real server (see tests/convergence): lines of JSON. */
export function recordedLines(seed, steps) {
  const args = ["-m", "tests.convergence.record", String(seed), String(steps)];
  return execFileSync("python", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 }).trimEnd().split("\n");
}
