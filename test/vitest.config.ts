import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

/** Processes of their own, every row of the fault table, and pages of which each waits on a real clock. */
const SLOW = [
  "test/process/**/*.test.ts",
  "test/tool/**/*.test.ts",
  "test/check/Checks.test.ts",
  "test/flow/FaultTable.test.ts",
  "test/flow/Pages.test.ts"
]

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    maxWorkers: 2,
    setupFiles: ["test/harness/preload.ts"],
    projects: [
      // Files share a worker: what each would load and set up for itself took a quarter of the time.
      { extends: true, test: { name: "fast", include: ["test/**/*.test.ts"], exclude: SLOW, isolate: false } },
      { extends: true, test: { name: "slow", include: SLOW } }
    ],
    coverage: {
      include: ["src"],
      exclude: ["src/sandbox"],
      autoAttachSubprocess: true,
      reporter: ["text"],
      thresholds: { lines: 90, branches: 90 }
    }
  }
})
