import { cp, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const page = join(here, "../../src/feedline/page");

/** The viewer of the API description: three files of swagger-ui, and a page of our own that starts it. */
function apiDocs(): Plugin {
  return {
    name: "feedline-api-docs",
    apply: "build",
    async closeBundle() {
      const swagger = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
      const target = join(page, "api-docs");
      await mkdir(target, { recursive: true });
      await cp(join(here, "api-docs"), target, { recursive: true });
      for (const file of ["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"]) {
        await cp(join(swagger, file), join(target, file));
      }
    },
  };
}

/** Whether a chunk is of the admins' part of the page alone, which others never load. */
function isForAdmins({ moduleIds }: { moduleIds: readonly string[] }): boolean {
  return moduleIds.length > 0 && moduleIds.every((id) => /\/app\/src\/admin\/|\/node_modules\/uplot\//.test(id));
}

/** What the page loads later is fetched while nothing else is: it has to be there when the network is not. */
function prefetchDeferred(): Plugin {
  return {
    name: "feedline-prefetch",
    apply: "build",
    transformIndexHtml(_html, { bundle = {} }) {
      const later = Object.values(bundle).filter((chunk) => chunk.type === "chunk" && chunk.isDynamicEntry && !isForAdmins(chunk));
      return later.map(({ fileName }) => ({
        tag: "link",
        attrs: { rel: "modulepreload", href: `/${fileName}`, fetchpriority: "low" },
        injectTo: "head" as const,
      }));
    },
  };
}

export default defineConfig({
  plugins: [react(), apiDocs(), prefetchDeferred()],
  build: {
    outDir: page,
    emptyOutDir: true,
    // The server's content security policy allows no inline script; every browser that runs this preloads by itself.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // By its name the size budget knows it.
    rolldownOptions: { output: { chunkFileNames: (chunk) => `assets/${isForAdmins(chunk) ? "admin-" : ""}[name]-[hash].js` } },
  },
  server: {
    proxy: {
      "/api": "http://127.0.0.1:8000",
      "/ws": { target: "ws://127.0.0.1:8000", ws: true },
    },
  },
});
