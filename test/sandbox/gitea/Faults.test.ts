import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { eventually } from "../../harness/Eventually.ts"
import { converse, openSocket } from "../../harness/RawSocket.ts"
import { call, Client } from "./support.ts"

const Live = Layer.merge(SandboxGitea.layer, Client)
const COMMENTS = "/repos/acme/shop/issues/1/comments"
const POST = /^POST .*\/comments$/

const withIssue = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  yield* gitea.createRepository("acme/shop")
  return { gitea, issue: yield* gitea.openIssue({ repository: "acme/shop", title: "Cart is empty", body: "" }) }
})

const askWhoIAm = ({ bot }: SandboxGitea["Service"]) =>
  `GET /api/v1/user HTTP/1.1\r\nhost: gitea\r\nauthorization: token ${bot.token}\r\n\r\n`

/** Of an answer as it was heard: the bytes its head announced, and those that came. */
const sizes = (heard: string) => {
  const [head = "", body = ""] = heard.split("\r\n\r\n")
  return { announced: Number(/content-length: (\d+)/i.exec(head)?.[1]), came: body.length }
}

describe("Faults", () => {
  it.effect("cut an answer after half of its bytes", () =>
    Effect.gen(function* () {
      const gitea = yield* SandboxGitea
      yield* gitea.fail({ match: /user$/, kind: "doneThenCut" })
      const heard = yield* converse(gitea.url, askWhoIAm(gitea))
      assert.match(heard, /^HTTP\/1\.1 200 /)
      const { announced, came } = sizes(heard)
      assert.strictEqual(came, Math.floor(announced / 2))
      assert.isAbove(came, 0)
      assert.strictEqual((yield* call("GET", "/user")).status, 200)
    }).pipe(Effect.provide(Live))
  )

  it.effect("let an answer begin and never end it, while the connection stays", () =>
    Effect.gen(function* () {
      const gitea = yield* SandboxGitea
      yield* gitea.fail({ match: /user$/, kind: "doneThenDribble" })
      const socket = yield* openSocket(gitea.url)
      yield* socket.send(askWhoIAm(gitea))
      const { announced, came } = sizes(
        yield* eventually("half of the answer is there", socket.heard, (heard) => sizes(heard).came > 0)
      )
      assert.strictEqual(came, Math.floor(announced / 2))
      // It answers others before, and still no byte more has come.
      assert.strictEqual((yield* call("GET", "/user")).status, 200)
      assert.deepStrictEqual(sizes(yield* socket.heard), { announced, came })
      assert.isFalse(yield* socket.isClosed)
    }).pipe(Effect.provide(Live))
  )

  it.effect("leave what was done by the call whose answer they cut or hold back", () =>
    Effect.gen(function* () {
      const { gitea, issue } = yield* withIssue
      const post = (body: string) => call("POST", COMMENTS, { body: { body } })
      yield* gitea.fail({ match: POST, kind: "doneThenCut" })
      assert.strictEqual((yield* Effect.flip(post("Cut")))._tag, "HttpClientError")
      yield* gitea.fail({ match: POST, kind: "doneThenDribble" })
      const slow = yield* Effect.forkChild(post("Slow"))
      const all = yield* eventually("it is posted", gitea.comments(issue), ({ length }) => length === 2)
      assert.deepStrictEqual(
        all.map(({ body }) => body),
        ["Cut", "Slow"]
      )
      assert.isUndefined(slow.pollUnsafe())
    }).pipe(Effect.provide(Live))
  )
})
