import { NodeServices } from "@effect/platform-node"
import { Context, Duration, Effect, Layer, Logger, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { Doorbell } from "../../src/storage/Doorbell.ts"
import { Isolation } from "../../src/tool/Isolation.ts"
import { IsolationFailed } from "../../src/tool/IsolationFailed.ts"
import { mocks } from "./Mocks.ts"
import { assemble, foundations } from "../../src/Server.ts"
import type { Settings, SettingsValues } from "../../src/Settings.ts"
import { viewOf } from "./StoreView.ts"
import type { StoreView } from "./StoreView.ts"
import { SECRET, settings } from "./TestSettings.ts"

/** The whole server at its address. */
export class Coordinator extends Context.Service<
  Coordinator,
  {
    /** Where the hook goes. */
    readonly webhook: string
    readonly url: string
    /** The store, for what no service tells. What is altered rings, as those do who make such changes. */
    readonly store: StoreView
  }
>()("mosaic-coordinator/test/harness/Harness/Coordinator") {}

const CoordinatorLayer = Layer.effect(
  Coordinator,
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const sql = yield* SqlClient.SqlClient
    const doorbell = yield* Doorbell
    const url = HttpServer.formatAddress(address)
    const ringAll = Effect.forEach(["deliveries", "tasks", "outbox"] as const, doorbell.ring, { discard: true })
    const store = viewOf(sql)
    const alter: StoreView["alter"] = (table, values, where) => Effect.tap(store.alter(table, values, where), ringAll)
    return { url, webhook: `${url}/webhook/gitea`, store: { ...store, alter } }
  })
)

export interface Overrides extends Partial<typeof foundations> {
  readonly settings?: Partial<SettingsValues>
  /** What happened at Gitea before the server was there. */
  readonly before?: (gitea: SandboxGitea["Service"]) => Effect.Effect<unknown>
  /** Where log lines go; nowhere at first. */
  readonly log?: Layer.Layer<never, never, Settings>
}

/** Settings that point at both stand-ins, with a free port and a store in memory. */
const sandboxSettings = (overrides: Partial<SettingsValues>) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const gitea = yield* SandboxGitea
      const claude = yield* SandboxClaude
      return settings({
        giteaUrl: gitea.url,
        giteaToken: Redacted.make(gitea.bot.token),
        botLogin: gitea.bot.login,
        anthropicKey: Redacted.make(claude.apiKey),
        anthropicUrl: claude.url,
        model: "claude-sandbox",
        maxOutputTokens: 1024,
        host: "127.0.0.1",
        port: 0,
        contextPollInterval: Duration.seconds(10),
        ...overrides
      })
    })
  )

/** No isolation: sessions can read and answer, and there is no repository to look at. */
const toolsOff = Layer.merge(
  mocks.ToolHost({ definitions: [] }),
  Layer.succeed(Isolation, {
    verdict: { kind: "off" as const, why: "none in this test" },
    starter: Effect.fail(new IsolationFailed({ why: "none in this test" }))
  })
)

/** The hook of the stand-in Gitea, pointed at the server. */
const Hooked = Layer.effectDiscard(
  Effect.gen(function* () {
    const { webhook } = yield* Coordinator
    yield* (yield* SandboxGitea).addHook({ url: webhook, secret: SECRET })
  })
)

/**
 * The whole server, as `main.ts` composes it, over real sockets between it and the two stand-ins. Anything it stands on can be
 * replaced: `harness({ model: mocks.ModelClient({ ... }), settings: { maxConcurrentAgents: 1 } })`. Its services are there too.
 */
export const harness = ({
  settings: values = {},
  before = () => Effect.void,
  log = Logger.layer([]),
  ...layers
}: Overrides = {}) =>
  Hooked.pipe(
    Layer.provideMerge(CoordinatorLayer),
    Layer.provideMerge(assemble({ ...foundations, tools: toolsOff, ...layers })),
    Layer.provideMerge(log),
    Layer.provideMerge(sandboxSettings(values)),
    Layer.provideMerge(Layer.effectDiscard(Effect.flatMap(SandboxGitea, before))),
    Layer.provideMerge(Layer.mergeAll(SandboxGitea.layer, SandboxClaude.layer, NodeServices.layer)),
    Layer.orDie
  )
