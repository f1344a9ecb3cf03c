import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { createServer as createHttp } from "node:http"
import { createServer as createHttps } from "node:https"
import { createServer as createTcp } from "node:net"
import type { AddressInfo, Server } from "node:net"
import { connectionFault } from "../../src/gitea/ConnectionFault.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { settings } from "../harness/TestSettings.ts"
import { once } from "./support.ts"

const fault = (code: string, message = "") => Object.assign(new Error(message), { code })
const under = (cause: unknown) => new TypeError("fetch failed", { cause })

const file = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url))

/** Where such a server listens; with `closed` nothing does any more. */
const portOf = (server: Server, closed = false) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo
          if (closed) server.close(() => resume(Effect.succeed(port)))
          else resume(Effect.succeed(port))
        })
      }),
      () => Effect.sync(() => server.close())
    ),
    String
  )

const page = () => createHttp((_, response) => response.end("<html>Not Gitea</html>"))
const selfSigned = () =>
  createHttps({ cert: file("self-signed.pem"), key: file("self-signed.key.pem") }, (_, response) => response.end())

/** What the bot's first call says where Gitea is said to be there. */
const said = (giteaUrl: string) =>
  Gitea.pipe(
    Effect.flatMap(({ whoAmI }) => Effect.flip(whoAmI)),
    Effect.map(({ message }) => message),
    Effect.provide(
      Gitea.layer.pipe(Layer.provide([once, settings({ giteaUrl, giteaToken: Redacted.make("token-of-the-bot") })]))
    )
  )

describe("connectionFault", () => {
  it.each([
    ["ENOTFOUND", "the host is not known here"],
    ["EAI_AGAIN", "the host is not known here"],
    ["ECONNREFUSED", "the connection was refused: check host and port of GITEA_URL"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "set NODE_EXTRA_CA_CERTS"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "set NODE_EXTRA_CA_CERTS"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "set NODE_EXTRA_CA_CERTS"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "set NODE_EXTRA_CA_CERTS"],
    ["CERT_HAS_EXPIRED", "renew it, or set the clock"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another host"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "set GITEA_URL to http:// instead of https://"],
    ["ETIMEDOUT", "any firewall between"],
    ["UND_ERR_CONNECT_TIMEOUT", "any firewall between"],
    ["UND_ERR_SOCKET", "check scheme and port of GITEA_URL"],
    ["ECONNRESET", "check scheme and port of GITEA_URL"]
  ])("of %s says: %s", (code, says) => {
    assert.include(connectionFault(under(fault(code))), says)
    assert.include(connectionFault(under(under(fault(code, "other text")))), says)
  })

  it("goes by the text where there is no code, and where the code says less", () => {
    assert.include(connectionFault(under(new Error("bad port"))), "its port is one that is never called")
    const refusal = fault("UND_ERR_ABORTED", "Proxy response (407) !== 200 when HTTP Tunneling")
    assert.include(connectionFault(under(new DOMException("cancelled", { cause: refusal }))), "check HTTPS_PROXY")
  })

  it("names the code of what it does not know, and none of its text", () => {
    const says = connectionFault(under(fault("EWHATEVER", "at 10.0.0.7 with a-secret")))
    assert.strictEqual(says, "the connection failed (EWHATEVER): check GITEA_URL and any proxy before it")
    assert.include(connectionFault(under(fault("no code at all"))), "the connection failed: check")
    assert.include(connectionFault("thrown"), "the connection failed: check")
  })

  it("ends in a circle of causes", () => {
    const circle = fault("EWHATEVER")
    circle.cause = circle
    assert.include(connectionFault(circle), "EWHATEVER")
  })
})

describe("A first call to Gitea", () => {
  it.effect("says of a host that does not exist that it is not known", () =>
    Effect.gen(function* () {
      assert.include(
        yield* said("http://git.example.invalid"),
        "the host is not known here: check the host in GITEA_URL"
      )
    })
  )

  it.effect("says of a port where nobody listens that the connection was refused", () =>
    Effect.gen(function* () {
      assert.include(yield* said(`http://127.0.0.1:${yield* portOf(page(), true)}`), "the connection was refused")
    })
  )

  it.effect("says of a certificate of one's own that it is not trusted, and how it would be", () =>
    Effect.gen(function* () {
      const says = yield* said(`https://127.0.0.1:${yield* portOf(selfSigned())}`)
      assert.include(says, "its certificate is not trusted here: set NODE_EXTRA_CA_CERTS")
    })
  )

  it.effect("says of https to a port of http that it is the scheme", () =>
    Effect.gen(function* () {
      const says = yield* said(`https://127.0.0.1:${yield* portOf(page())}`)
      assert.include(says, "the port does not answer in TLS: set GITEA_URL to http://")
    })
  )

  it.effect("says of http to a port of https that scheme or port are wrong", () =>
    Effect.gen(function* () {
      const says = yield* said(`http://127.0.0.1:${yield* portOf(selfSigned())}`)
      assert.include(says, "check scheme and port of GITEA_URL")
    })
  )

  it.effect("says of another protocol that it is the port", () =>
    Effect.gen(function* () {
      const ssh = createTcp((socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"))
      assert.include(yield* said(`http://127.0.0.1:${yield* portOf(ssh)}`), "what listens there does not speak HTTP")
    })
  )

  it.effect.each([400, 404, 405])(
    "says of a %i that no API of Gitea's is there, and that a path may be missing",
    (status) =>
      Effect.gen(function* () {
        const other = createHttp((_, response) => response.writeHead(status).end("<html>404 page not found</html>"))
        const says = yield* said(`http://127.0.0.1:${yield* portOf(other)}`)
        assert.include(says, `no Gitea API answers at GITEA_URL (${status}): add the path if Gitea has one`)
      })
  )

  it.effect("says of a page that it is no answer of Gitea's, and that a path may be missing", () =>
    Effect.gen(function* () {
      const says = yield* said(`http://127.0.0.1:${yield* portOf(page())}`)
      assert.include(says, "check GITEA_URL and any proxy before it, and add the path if Gitea has one")
    })
  )
})
