import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, FileSystem, Layer } from "effect"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { shell } from "../../harness/Shell.ts"
import { call, Client } from "./support.ts"

const Live = Layer.mergeAll(SandboxGitea.layer, Client, NodeServices.layer)

const scene = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const fs = yield* FileSystem.FileSystem
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-git-http-" })
  yield* gitea.createRepository("acme/shop")
  const url = `${gitea.url}/acme/shop.git`
  const asBot = `export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0='Authorization: token ${gitea.bot.token}'`
  /** What a script said, whether it failed or not. */
  const said = (script: string) => Effect.map(shell(folder, `{ ${script}; } 2>&1 || true`), (text) => text.trim())
  return { gitea, folder, url, asBot, said }
})

describe("Git over HTTP of the sandbox Gitea", () => {
  it.effect("takes and gives commits to whoever has the token", () =>
    Effect.gen(function* () {
      const { asBot, folder, gitea, url } = yield* scene
      assert.propertyVal((yield* call("GET", "/repos/acme/shop")).body, "empty", true)
      const commit = yield* gitea.commit("acme/shop", { "README.md": "A shop." })
      assert.propertyVal((yield* call("GET", "/repos/acme/shop")).body, "empty", false)
      yield* shell(
        folder,
        `${asBot}; git clone -q ${url} shop; cd shop; cat README.md; echo more >> README.md; git commit -qam more; git push -q origin HEAD:refs/heads/a/b HEAD:refs/mosaic/1/s/1`
      )
      const { body } = yield* call("GET", "/repos/acme/shop/branches/a%2Fb")
      assert.deepNestedPropertyVal(body, "user_can_push", true)
      const text = yield* shell(
        yield* gitea.folder("acme/shop"),
        "git log --format=%H a/b; git for-each-ref refs/mosaic"
      )
      assert.include(text, commit)
      assert.include(text, "refs/mosaic/1/s/1")
    }).pipe(Effect.provide(Live))
  )

  it.effect("refuses as Gitea does", () =>
    Effect.gen(function* () {
      const { asBot, gitea, said, url } = yield* scene
      yield* gitea.commit("acme/shop", { "README.md": "A shop." })
      const push = `${asBot}; rm -rf shop; git clone -q ${url} shop && cd shop && git commit -q --allow-empty -m x && git push origin HEAD:main`
      assert.include(yield* said(`GIT_TERMINAL_PROMPT=0 git ls-remote ${url}`), "could not read Username")
      yield* gitea.protect("acme/shop", "main")
      const declined = yield* said(push)
      assert.include(declined, "error: Not allowed to push to protected branch main")
      assert.include(declined, "pre-receive hook declined")
      yield* gitea.withdraw("acme/shop")
      assert.include(yield* said(push), "User permission denied for writing.")
      yield* gitea.grant("acme/shop")
      yield* gitea.archive("acme/shop")
      assert.include(yield* said(push), "error: 403")
      yield* gitea.hide("acme/shop")
      assert.include(yield* said(`${asBot}; git ls-remote ${url}`), "not found")
      assert.isTrue(Exit.isSuccess(yield* Effect.exit(gitea.requests)))
    }).pipe(Effect.provide(Live))
  )
})
