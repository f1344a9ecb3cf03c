import { Array, Effect, Layer } from "effect"
import { ModelOverloaded } from "../../src/anthropic/ModelError.ts"
import type { Inbox } from "../../src/event/Inbox.ts"
import { Gaps } from "../../src/event/Gaps.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { Readiness } from "../../src/operator/Readiness.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import { WorkGate } from "../../src/work/WorkGate.ts"
import { mocks } from "../harness/Mocks.ts"
import { models } from "../harness/Models.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"

const OVERLOADED = new ModelOverloaded({ operation: "turn", requestId: null, retryAfter: null })
const UNREACHABLE = "Gitea has not answered yet"

interface Scene {
  readonly settings?: Partial<SettingsValues>
  /** What is wrong with the identity, and whether Claude is overloaded. */
  readonly problem?: string | null
  readonly overloaded?: boolean
}

/** Readiness over a store in memory, with the surroundings of a scene. */
export const surroundings = (
  { overloaded = false, problem = null, settings: values = {} }: Scene = {},
  inbox: Layer.Layer<Inbox> = mocks.Inbox({ refusing: Effect.succeed(null) })
) =>
  Readiness.layer.pipe(
    Layer.provide(WorkGate.layer),
    Layer.provide(inbox),
    Layer.provide([
      mocks.BotIdentity({ problem: Effect.succeed(problem) }),
      mocks.Isolation({ verdict: { kind: "on", way: "bwrap", limits: ["one limit", "another"] } }),
      mocks.Gitea({ health: Effect.succeed(null), lacking: Effect.succeed(null) }),
      models({ health: Effect.succeed(overloaded ? OVERLOADED : "ok") }),
      settings(values)
    ]),
    Layer.provideMerge(Layer.mergeAll(Gaps.layer, Outbox.layer)),
    Layer.provideMerge(TestStore)
  )

/** What each does to the scene, how readiness shows it, and how that shows in the worker, if it does. */
const GITEA = {
  missing: [{ settings: { giteaToken: null } }, { status: "missing", why: "GITEA_TOKEN is not set: receive-only" }],
  degraded: [
    { problem: UNREACHABLE },
    { status: "degraded", why: UNREACHABLE },
    { status: "degraded", why: UNREACHABLE }
  ],
  ok: [{}, { status: "ok" }]
} as const
const CLAUDE = {
  missing: [
    { settings: { anthropicKey: null } },
    { status: "missing", why: "ANTHROPIC_API_KEY is not set: tasks wait in ready" },
    { status: "degraded", why: "ANTHROPIC_API_KEY is not set" }
  ],
  degraded: [{ overloaded: true }, { status: "degraded", why: OVERLOADED.message }],
  ok: [{}, { status: "ok" }]
} as const
const WORKER = {
  missing: [
    { settings: { enabled: false } },
    { status: "missing", why: "COORDINATOR_ENABLED is false: deliveries are kept, nothing is started" }
  ],
  ok: [{}, { status: "ok" }]
} as const

const combine = (scenes: ReadonlyArray<Scene>): Scene => ({
  ...Object.assign({}, ...scenes),
  settings: Object.assign({}, ...scenes.map((scene) => scene.settings ?? {}))
})

export const COMBINATIONS = Array.cartesian(
  Array.cartesian(Object.entries(GITEA), Object.entries(CLAUDE)),
  Object.entries(WORKER)
).map(([[gitea, claude], worker]) => ({
  name: `gitea ${gitea[0]}, claude ${claude[0]}, worker ${worker[0]}`,
  scene: combine([gitea[1][0], claude[1][0], worker[1][0]]),
  components: {
    store: { status: "ok" },
    intake: { status: "ok" },
    outbox: { status: "ok" },
    tools: { status: "ok", why: "bwrap: one limit; another" },
    gitea: gitea[1][1],
    claude: claude[1][1],
    worker: worker[0] === "missing" ? worker[1][1] : (claude[1][2] ?? gitea[1][2] ?? worker[1][1])
  }
}))
