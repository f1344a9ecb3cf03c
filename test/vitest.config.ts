import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

/** With real git, and most of them with real isolation: every call is a process. */
const WORK = [
  "test/workspace/**/*.test.ts",
  "test/{check/Checks,git/Git,sandbox/gitea/GitHttp}.test.ts",
  "test/pull/Submission.test.ts",
  "test/flow/{Checkout,CodeFaultTable,Handing,Moved,PullRequest,Restore,TheirHand}.test.ts"
]

/** Processes of their own, every row of the fault table, floods, and pages of which each waits on a real clock. */
const SLOW = [
  "test/process/**/*.test.ts",
  "test/tool/**/*.test.ts",
  "test/flow/{FaultTable,Flood,Gaps,Pages}.test.ts",
  "test/webhook/Crowd.test.ts"
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
      {
        extends: true,
        test: { name: "fast", include: ["test/**/*.test.ts"], exclude: [...WORK, ...SLOW], isolate: false }
      },
      { extends: true, test: { name: "work", include: WORK, isolate: false } },
      { extends: true, test: { name: "slow", include: SLOW } }
    ],
    coverage: {
      include: ["src/**/*.ts"],
      // Stand-ins; and what only ever runs as a process of its own, where nothing is measured.
      exclude: ["src/sandbox", "src/main.ts", "src/tool/host"],
      reportOnFailure: true,
      reporter: ["text"],
      thresholds: { lines: 90, branches: 90 }
    }
  }
})
