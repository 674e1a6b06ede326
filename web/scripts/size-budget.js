// What a first visit has to load, and what the headless client alone weighs; compressed, in bytes.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

const PAGE_BUDGET = 150_000;
const ADMIN_BUDGET = 60_000;
const CLIENT_BUDGET = 12_000;
const LATER_BUDGET = 6_000;

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(web, "../src/feedline/page");

/** The scripts of the page: of a visit, all of which it loads at once, or of the part for admins, by section. */
async function pageSize(isForAdmins) {
  const assets = join(page, "assets");
  const isMeant = (name) => name.endsWith(".js") && name.startsWith("admin-") === isForAdmins;
  const scripts = (await readdir(assets)).filter(isMeant);
  const sizes = await Promise.all(scripts.map(async (name) => gzipSync(await readFile(join(assets, name))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What the entries of the client load at first, as one file of a page; and what they load later. */
async function clientSizes() {
  const bundle = await rolldown({
    input: ["index", "browser"].map((name) => join(web, `client/src/${name}.ts`)),
    // Everything that is exported stays, and what is shared stays where it is needed first.
    preserveEntrySignatures: "allow-extension",
  });
  const { output } = await bundle.generate({ minify: true });
  const isLater = ({ isDynamicEntry }) => isDynamicEntry;
  // Hints to a bundler, which no page gets to see.
  const asServed = ({ code }) => code.replaceAll(/\/\* @(__PURE__|vite-ignore) \*\/\s/g, "");
  const size = (chunks) => gzipSync(chunks.map(asServed).join("\n")).length;
  return [size(output.filter((chunk) => !isLater(chunk))), size(output.filter(isLater))];
}

const [atFirst, later] = await clientSizes();
const measured = [
  ["page", await pageSize(false), PAGE_BUDGET],
  ["page, for admins", await pageSize(true), ADMIN_BUDGET],
  ["client", atFirst, CLIENT_BUDGET],
  ["client, loaded later", later, LATER_BUDGET],
];
for (const [name, size, budget] of measured) {
  console.log(`${name}: ${(size / 1000).toFixed(2)} kB of ${budget / 1000} kB, compressed`);
  if (size > budget) process.exitCode = 1;
}
if (process.exitCode) console.error("A size budget is exceeded.");
