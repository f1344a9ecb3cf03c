import { Effect } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Bot } from "./Bot.ts"
import { findRepository } from "./Forge.ts"
import type { Repository } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { visible } from "./Lookup.ts"
import { answering, notFound, Refusal } from "./Refusal.ts"
import { makePullRefs } from "./PullRefs.ts"
import { RepositoryGit } from "./RepositoryGit.ts"

const RECEIVE = "git-receive-pack"

/** With what a push is refused before git sees it; null: it is not. */
export const pushRefusal = ({ archived }: Repository): Refusal | null =>
  archived
    ? new Refusal({ status: 403, message: "This repo is archived. You can view files and clone it, but cannot push." })
    : null

/** Head and body of what a CGI program gave. */
const responseOf = (output: Uint8Array): HttpServerResponse.HttpServerResponse => {
  const text = new TextDecoder("latin1").decode(output)
  const end = text.indexOf("\r\n\r\n")
  const headers = Object.fromEntries(
    text
      .slice(0, end)
      .split("\r\n")
      .map(
        (line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()] as const
      )
  )
  const { status = "200", "content-type": contentType = "text/plain", ...others } = headers
  return HttpServerResponse.uint8Array(output.slice(end + 4), {
    status: Number.parseInt(status, 10),
    contentType,
    headers: others
  })
}

/** Git over HTTP. The token was asked for at the gate, as every call's is. */
export const GitHttp = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const bot = yield* Bot
    const repositories = yield* RepositoryGit
    const store = yield* ForgeStore
    const refs = yield* makePullRefs
    const answer = answering(HttpServer.formatAddress((yield* HttpServer.HttpServer).address))

    const serve = (service: string) =>
      Effect.gen(function* () {
        const { name = "", owner } = yield* HttpRouter.params
        const { forge } = yield* store.view
        const repository = yield* Effect.mapError(
          Effect.fromOption(findRepository(forge, `${owner}/${name.replace(/\.git$/, "")}`)),
          () => notFound
        ).pipe(Effect.flatMap(visible))
        const request = yield* HttpServerRequest.HttpServerRequest
        const query = request.url.includes("?") ? request.url.slice(request.url.indexOf("?") + 1) : ""
        const refusal = pushRefusal(repository)
        if (refusal !== null && `${service} ${query}`.includes(RECEIVE)) return yield* refusal
        const body = new Uint8Array(yield* Effect.orDie(request.arrayBuffer))
        yield* refs.follow(repository.id)
        const response = responseOf(
          yield* repositories.serve(repository.id, {
            body,
            env: {
              PATH_INFO: `/${repository.id}.git/${service}`,
              REQUEST_METHOD: request.method,
              QUERY_STRING: query,
              CONTENT_TYPE: request.headers["content-type"] ?? "",
              CONTENT_LENGTH: `${body.length}`,
              HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
              GIT_PROTOCOL: request.headers["git-protocol"] ?? "",
              REMOTE_USER: bot.login,
              REMOTE_ADDR: "127.0.0.1",
              MOSAIC_WRITABLE: repository.writable ? "yes" : "no",
              MOSAIC_PROTECTED: repository.protectedBranches.map((branch) => `refs/heads/${branch}`).join(" ")
            }
          })
        )
        if (service === RECEIVE) yield* refs.takeAgit(repository)
        return response
      })

    yield* router.add("GET", "/:owner/:name/info/refs", answer(serve("info/refs")))
    yield* router.add("POST", "/:owner/:name/git-upload-pack", answer(serve("git-upload-pack")))
    yield* router.add("POST", "/:owner/:name/git-receive-pack", answer(serve(RECEIVE)))
  })
)
