import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "client", root: "client", include: ["test/**/*.test.ts"], setupFiles: ["test/setup.ts"] } },
      { test: { name: "react", root: "react", include: ["test/**/*.test.tsx"], environment: "happy-dom" } },
      { test: { name: "app", root: "app", include: ["test/**/*.test.{ts,tsx}"], environment: "happy-dom" } },
    ],
  },
});
