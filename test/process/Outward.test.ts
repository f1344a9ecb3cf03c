import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Path } from "effect"
import { HttpClient } from "effect/http"
import { readFileSync } from "node:fs"
import { createServer as createHttp } from "node:http"
import { createServer as createHttps } from "node:https"
import { connect } from "node:net"
import type { AddressInfo, Server } from "node:net"
import { networkInterfaces } from "node:os"
import { fileURLToPath } from "node:url"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { spawn } from "../harness/ChildProcesses.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { SECRET } from "../harness/TestSettings.ts"

const LIMIT = 120_000
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === "IPv6"))
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url))
const pem = (name: string) => fileURLToPath(new URL(`../fixtures/tls/${name}.pem`, import.meta.url))

const portOf = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed((server.address() as AddressInfo).port)))
    }),
    () => Effect.sync(() => server.close())
  )

/** A coordinator with these variables, some of them in its `.env`, and its lines. */
const coordinator = Effect.fnUntraced(function* (
  variables: Readonly<Record<string, string>>,
  inFile: Readonly<Record<string, string>> = {}
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-test-" })
  const file = path.join(folder, ".env")
  yield* fs.writeFileString(
    file,
    Object.entries(inFile)
      .map(([key, value]) => `${key}=${value}\n`)
      .join("")
  )
  return yield* spawn([`--env-file=${file}`, MAIN], {
    GITEA_WEBHOOK_SECRET: SECRET,
    GITEA_BOT_USERNAME: "mosaic",
    GITEA_REPOSITORIES: "acme/*",
    DATABASE_URL: `sqlite:${path.join(folder, "coordinator.db")}`,
    HOST: "127.0.0.1",
    PORT: "0",
    LOG_FORMAT: "json",
    ...variables
  })
})

const says = (child: { readonly stdout: Effect.Effect<ReadonlyArray<string>> }, text: string) =>
  eventuallyInProcess(text, child.stdout, (lines) => lines.some((line) => line.includes(text)))

const Stands = Layer.mergeAll(NodeServices.layer, SandboxGitea.layer)

describe("Outward calls", () => {
  it.live(
    "go through the proxy of HTTPS_PROXY or HTTP_PROXY, and those to hosts of NO_PROXY do not",
    () =>
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const asked: Array<string> = []
        const target = Number(new URL(gitea.url).port)
        const proxy = createHttp().on("connect", (request, socket) => {
          asked.push(String(request.url))
          const onward = connect(target, "127.0.0.1", () => {
            socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
            onward.pipe(socket)
            socket.pipe(onward)
          })
          onward.on("error", () => socket.destroy())
          socket.on("error", () => onward.destroy())
        })
        const HTTP_PROXY = `http://127.0.0.1:${yield* portOf(proxy)}`
        const there = { GITEA_TOKEN: gitea.bot.token, GITEA_BOT_USERNAME: gitea.bot.login }

        const proxied = yield* coordinator({ ...there, GITEA_URL: "http://gitea.invalid" }, { HTTP_PROXY })
        yield* says(proxied, "Assigned issues checked")
        assert.include(asked, "gitea.invalid:80")

        asked.length = 0
        const direct = yield* coordinator({ ...there, GITEA_URL: gitea.url, HTTP_PROXY, NO_PROXY: "127.0.0.1" })
        yield* says(direct, "Assigned issues checked")
        assert.isEmpty(asked)
      }).pipe(Effect.scoped, Effect.provide(Stands)),
    LIMIT
  )

  it.live(
    "trust the authorities of NODE_EXTRA_CA_CERTS in .env, and a start that cannot read them says so",
    () =>
      Effect.gen(function* () {
        const server = createHttps(
          { cert: readFileSync(pem("self-signed")), key: readFileSync(pem("self-signed.key")) },
          (_, response) => response.writeHead(401).end("{}")
        )
        const there = { GITEA_TOKEN: "a-token-of-the-bot", GITEA_URL: `https://localhost:${yield* portOf(server)}` }
        yield* says(yield* coordinator(there, { NODE_EXTRA_CA_CERTS: pem("self-signed") }), "the token is not accepted")
        yield* says(yield* coordinator(there), "its certificate is not trusted here: set NODE_EXTRA_CA_CERTS")

        const refused = yield* coordinator(there, { NODE_EXTRA_CA_CERTS: "/nowhere/authority.pem" })
        assert.strictEqual(yield* refused.ended, 1)
        assert.match((yield* refused.stderr).join(), /^NODE_EXTRA_CA_CERTS names \/nowhere\/authority.pem/)
        const proxyless = yield* coordinator({ ...there, HTTPS_PROXY: "not a proxy" })
        assert.strictEqual(yield* proxyless.ended, 1)
        assert.match((yield* proxyless.stderr).join(), /^HTTPS_PROXY or HTTP_PROXY is not the URL of a proxy/)
      }).pipe(Effect.scoped, Effect.provide(Stands)),
    LIMIT
  )
})

describe("The listener", () => {
  it.live(
    "answers over IPv4 and over IPv6 where HOST is not set",
    () =>
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const child = yield* coordinator({ GITEA_URL: gitea.url, HOST: "" })
        const lines = yield* says(child, "Listening on")
        const port = /Listening on [^" ]*:(\d+)/.exec(lines.join("\n"))?.[1]
        const hosts = hasIpv6 ? ["127.0.0.1", "[::1]"] : ["127.0.0.1"]
        const answers = yield* Effect.forEach(hosts, (host) => HttpClient.get(`http://${host}:${port}/health`))
        assert.deepStrictEqual(
          answers.map(({ status }) => status),
          hosts.map(() => 200)
        )
      }).pipe(Effect.scoped, Effect.provide([Stands, NodeHttpClient.layerNodeHttp])),
    LIMIT
  )
})
