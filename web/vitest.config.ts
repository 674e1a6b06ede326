import { defineConfig } from "vitest/config";

// A bound for a busy machine: the longest takes a few seconds on a quiet one.
const patience = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    projects: [
      { test: { ...patience, name: "client", root: "client", include: ["test/**/*.test.ts"], setupFiles: ["test/setup.ts"] } },
      { test: { ...patience, name: "react", root: "react", include: ["test/**/*.test.tsx"], setupFiles: ["test/setup.ts"], environment: "happy-dom" } },
      { test: { ...patience, name: "app", root: "app", include: ["test/**/*.test.{ts,tsx}"], setupFiles: ["../react/test/setup.ts"], environment: "happy-dom" } },
    ],
  },
});
