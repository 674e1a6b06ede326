import { beforeAll } from "vitest";
import { loadDeferred } from "../src/load-deferred";

// Fake time can't wait for a real file; the tests of loading itself begin with a fresh module.
beforeAll(async () => {
  await loadDeferred();
});
