// What a first visit has to load, and what the headless client alone weighs; compressed, in bytes.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const PAGE_BUDGET = 150_000;
const CLIENT_BUDGET = 13_200;

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(web, "../src/feedline/page");

/** All scripts: none of them is loaded later than the first visit. */
async function pageSize() {
  const assets = join(page, "assets");
  const scripts = (await readdir(assets)).filter((name) => name.endsWith(".js"));
  const sizes = await Promise.all(scripts.map(async (name) => gzipSync(await readFile(join(assets, name))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function clientSize() {
  const { output } = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      minify: true,
      modulePreload: false,
      rollupOptions: {
        input: ["index", "browser"].map((name) => join(web, `client/src/${name}.ts`)),
        // Everything that is exported, minified as a page would have it: a library build keeps its white space.
        preserveEntrySignatures: "strict",
      },
    },
  });
  const code = output.map((chunk) => chunk.code ?? "");
  return gzipSync(code.join("\n")).length;
}

const measured = [
  ["page", await pageSize(), PAGE_BUDGET],
  ["client", await clientSize(), CLIENT_BUDGET],
];
for (const [name, size, budget] of measured) {
  console.log(`${name}: ${(size / 1000).toFixed(1)} kB of ${budget / 1000} kB, compressed`);
  if (size > budget) process.exitCode = 1;
}
if (process.exitCode) console.error("A size budget is exceeded.");
