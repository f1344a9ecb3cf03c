import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { connect } from "node:net"
import { Checks, grantedHosts } from "../../src/check/Checks.ts"
import { Dialler } from "../../src/tool/proxy/SetupProxy.ts"
import { lacking } from "../harness/Lacking.ts"
import { gone, tools, workspace } from "../tool/Isolated.ts"

const limit = Duration.seconds(20)
const check = (name: string, command: string) => ({ name, command, limit })

const setupHosts = ["reached.example.com", "localhost"]
const CheckTools = (sandbox: "bwrap" | "none") => Checks.layer.pipe(Layer.provideMerge(tools({ sandbox, setupHosts })))

describe("Checks", () => {
  it.live("run all of them, and tell how each ended, how long it took and what it printed last", () =>
    Effect.gen(function* () {
      const folder = yield* workspace
      const place = { mounts: [{ path: folder, access: "write" as const }], cwd: folder }
      const results = yield* (yield* Checks).run(
        [
          check("passes", "echo fine"),
          check("fails", "printf '\\033[31mred\\033[0m'; echo error >&2; exit 3"),
          check("is no bash", "if then"),
          check("prints a lot", "seq 1 100000"),
          { ...check("hangs", "setsid sleep 316.1 & sleep 316.2"), limit: Duration.millis(500) }
        ],
        place
      )
      assert.deepStrictEqual(
        results.map(({ name, outcome }) => [name, outcome]),
        [
          ["passes", "passed"],
          ["fails", "failed"],
          ["is no bash", "failed"],
          ["prints a lot", "passed"],
          ["hangs", "time limit"]
        ]
      )
      assert.strictEqual(results[0]?.tail, "fine\n")
      assert.strictEqual(results[1]?.tail, "rederror\n")
      assert.match(results[2]?.tail ?? "", /syntax error/)
      assert.isAtMost(results[3]?.tail.length ?? 0, 16 * 1024)
      assert.match(results[3]?.tail ?? "", /100000\n$/)
      assert.isAtLeast(results[4]?.seconds ?? 0, 0.5)
      yield* gone("sleep 316.")
    }).pipe(Effect.scoped, Effect.provide(CheckTools("none")))
  )

  it.live.skipIf(lacking("bwrap"))("set up with the hosts that are granted, and with no other network", () =>
    Effect.gen(function* () {
      const far = yield* Effect.callback<number>((resume) => {
        const server = createServer((client) => void client.on("error", () => {}).end("HELLO FROM AFAR"))
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
      })
      const folder = yield* workspace
      const sockets = yield* workspace
      const place = { mounts: [{ path: folder, access: "write" as const }], cwd: folder }
      const ask = (host: string) =>
        `port=\${HTTPS_PROXY##*:}; exec 3<>/dev/tcp/127.0.0.1/$port; printf 'CONNECT ${host}:443 HTTP/1.1\\r\\n\\r\\n' >&3; timeout 5 cat <&3; true`
      const { refused, results } = yield* (yield* Checks)
        .setUp(
          {
            commands: [
              ask("reached.example.com"),
              ask("localhost"),
              ask("elsewhere.example.com"),
              `exec 3<>/dev/tcp/127.0.0.1/${far}`,
              "echo never"
            ],
            hosts: ["reached.example.com", "localhost", "elsewhere.example.com"],
            limit
          },
          place,
          sockets
        )
        .pipe(
          Effect.provideService(Dialler, (host, done) =>
            done(host === "reached.example.com" ? connect(far, "127.0.0.1") : "its address is not on the internet")
          )
        )
      assert.match(results[0]?.tail ?? "", /^HTTP\/1.1 200 [^]*HELLO FROM AFAR/)
      assert.match(results[1]?.tail ?? "", /^HTTP\/1.1 403 [^]*not on the internet/)
      assert.match(results[2]?.tail ?? "", /^HTTP\/1.1 403 [^]*not a host that setup may reach/)
      assert.strictEqual(results[3]?.outcome, "failed")
      assert.lengthOf(results, 4)
      assert.deepStrictEqual(refused, ["elsewhere.example.com", "localhost (its address is not on the internet)"])
      assert.match(
        results[3]?.tail ?? "",
        /\[hosts that setup may not reach: elsewhere\.example\.com, localhost \(its address is not on the internet\)\]$/
      )
    }).pipe(Effect.scoped, Effect.provide(CheckTools("bwrap")))
  )

  it.live.skipIf(lacking("bwrap"))("refuse a listed name that leads back to this machine", () =>
    Effect.gen(function* () {
      const folder = yield* workspace
      const {
        results: [result]
      } = yield* (yield* Checks).setUp(
        {
          commands: [
            "exec 3<>/dev/tcp/127.0.0.1/${HTTPS_PROXY##*:}; printf 'CONNECT localhost:443 HTTP/1.1\\r\\n\\r\\n' >&3; timeout 5 cat <&3"
          ],
          hosts: ["localhost"],
          limit
        },
        { mounts: [{ path: folder, access: "write" as const }], cwd: folder },
        yield* workspace
      )
      assert.match(result?.tail ?? "", /^HTTP\/1.1 403 [^]*its address is not on the internet/)
    }).pipe(Effect.scoped, Effect.provide(CheckTools("bwrap")))
  )

  it.live("set up within one limit for all of it, and leave nothing of what hangs", () =>
    Effect.gen(function* () {
      const folder = yield* workspace
      const { results } = yield* (yield* Checks).setUp(
        {
          commands: ["sleep 0.2", "setsid sleep 317.1 & sleep 317.2", "echo never"],
          hosts: [],
          limit: Duration.seconds(1)
        },
        { mounts: [{ path: folder, access: "write" as const }], cwd: folder },
        yield* workspace
      )
      assert.deepStrictEqual(
        results.map(({ outcome }) => outcome),
        ["passed", "time limit"]
      )
      yield* gone("sleep 317.")
    }).pipe(Effect.scoped, Effect.provide(CheckTools("none")))
  )

  it("grant of what a repository asks for what the operator lists", () => {
    assert.deepStrictEqual(grantedHosts(["a.x.org", "*.x.org", "y.org"], ["*.x.org"]), {
      granted: ["a.x.org", "*.x.org"],
      refused: ["y.org"]
    })
  })
})
