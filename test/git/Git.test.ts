import { NodeServices } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Layer, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Git } from "../../src/git/Git.ts"
import type { GitCall } from "../../src/git/Git.ts"
import { settings } from "../harness/TestSettings.ts"

const TOKEN = "0123456789abcdef0123456789abcdef01234567"

const gitWith = (env: Record<string, string>) =>
  Git.layer.pipe(
    Layer.provide(settings({ giteaUrl: "http://git.example.com/forge", giteaToken: Redacted.make(TOKEN) })),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))),
    Layer.provideMerge(NodeServices.layer)
  )

/** Runs a program of the shell as git runs one. */
const asGit = (script: string, more: Partial<GitCall> = {}): GitCall => ({
  operation: "try",
  gitDir: null,
  args: ["-c", `alias.x=!${script}`, "x"],
  ...more
})

describe("Git", () => {
  layer(gitWith({ PATH: "/usr/local/bin:/usr/bin:/bin", ANTHROPIC_API_KEY: "sk-secret" }))((it) => {
    it.effect("sees the token in the settings of one call, for Gitea's address alone", () =>
      Effect.gen(function* () {
        const git = yield* Git
        const env = yield* git.text(asGit("env", { asBot: true }))
        assert.match(env, new RegExp(`^GIT_CONFIG_VALUE_\\d+=Authorization: token ${TOKEN}$`, "m"))
        assert.match(env, /=http\.http:\/\/git\.example\.com\/forge\/\.extraHeader$/m)
        assert.match(env, /^GIT_ALLOW_PROTOCOL=http:https$/m)
        assert.strictEqual(env.split(TOKEN).length, 2)
        const argv = yield* git.text(
          asGit(
            // Only the shell itself holds the token here: a grep for it would find its own arguments.
            'token=$(env | grep -o "[0-9a-f]\\{40\\}" | head -1); [ -n "$token" ] || echo "no token"; case "$(cat /proc/*/cmdline 2>/dev/null | tr -d "\\0")" in *"$token"*) echo found;; esac',
            { asBot: true }
          )
        )
        assert.strictEqual(argv, "")
      })
    )

    it.effect("has nothing of ours on this disk: no token, no variable, no configuration of a user", () =>
      Effect.gen(function* () {
        const git = yield* Git
        const env = yield* git.text(asGit("env"))
        assert.notInclude(env, TOKEN)
        assert.notInclude(env, "sk-secret")
        assert.match(env, /^GIT_ALLOW_PROTOCOL=file$/m)
        assert.match(env, /^HOME=\/nonexistent$/m)
        assert.match(env, /^GIT_CONFIG_GLOBAL=\/dev\/null$/m)
      })
    )

    it.effect("fails with what git said, and without a secret in it", () =>
      Effect.gen(function* () {
        const git = yield* Git
        const error = yield* Effect.flip(git.run(asGit(`echo "fatal: bad ${TOKEN}" >&2; exit 1`)))
        assert.strictEqual(error.message, "git: try failed: fatal: bad <redacted>")
        assert.strictEqual((yield* git.run(asGit("exit 1", { answers: [1] }))).code, 1)
      })
    )

    it.effect("ends what says too much, and what takes too long", () =>
      Effect.gen(function* () {
        const git = yield* Git
        assert.strictEqual((yield* Effect.flip(git.run(asGit("yes")))).reason, "excess")
        const slow = yield* Effect.forkChild(Effect.flip(git.run(asGit("sleep 1000"))))
        yield* Effect.yieldNow
        yield* TestClock.adjust("2 minutes")
        assert.match((yield* Fiber.join(slow)).message, /it did not end within 2m/)
      })
    )

    it.effect("can be used", () =>
      Effect.gen(function* () {
        assert.isNull(yield* (yield* Git).problem)
      })
    )
  })

  layer(gitWith({ PATH: "/nowhere" }))((it) => {
    it.effect("says what to do where it is not installed", () =>
      Effect.gen(function* () {
        assert.strictEqual(
          yield* (yield* Git).problem,
          "git: ask git for its version failed: git is not installed. Install git 2.38 or newer where the coordinator runs"
        )
      })
    )
  })
})
