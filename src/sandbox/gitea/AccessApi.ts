import { Effect } from "effect"
import { HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { ownerOf } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { administeredInPath, repositoryInPath } from "./Lookup.ts"
import { answering } from "./Refusal.ts"
import { userResource } from "./Resource.ts"

/** Whoever has been named in a test is a member of the team that may write, but for those that begin so. */
const STRANGER = /^stranger/

/** Who may do what in a repository. Its administrators are told the right of each, others only who can be assigned. */
export const AccessApi = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const store = yield* ForgeStore
    const answer = answering(HttpServer.formatAddress((yield* HttpServer.HttpServer).address))

    const permission = Effect.gen(function* () {
      const { fullName } = yield* administeredInPath((yield* store.view).forge)
      const { login = "" } = yield* HttpRouter.params
      const right = ownerOf(fullName) === login ? "owner" : STRANGER.test(login) ? "read" : "write"
      return HttpServerResponse.jsonUnsafe({ permission: right, role_name: right })
    })

    const assignees = Effect.gen(function* () {
      const view = yield* store.view
      yield* repositoryInPath(view.forge)
      const writers = view.forge.users.filter(({ login }) => !STRANGER.test(login))
      return HttpServerResponse.jsonUnsafe(writers.map((user) => userResource(view, user)))
    })

    yield* router.add("GET", "/api/v1/repos/:owner/:name/collaborators/:login/permission", answer(permission))
    yield* router.add("GET", "/api/v1/repos/:owner/:name/assignees", answer(assignees))
  })
)
