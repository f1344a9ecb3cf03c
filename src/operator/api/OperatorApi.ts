import { HttpApi, HttpApiMiddleware, HttpApiSecurity, OpenApi } from "effect/http-api"
import { VERSION } from "../../telemetry/Version.ts"
import { DeliveriesGroup } from "./Deliveries.ts"
import { QueryCheck } from "./Problems.ts"
import { SessionsGroup } from "./Sessions.ts"
import { TasksGroup } from "./Tasks.ts"

const bearer = HttpApiSecurity.http({ scheme: "bearer" }).pipe(
  HttpApiSecurity.annotate(OpenApi.Description, "The operator token")
)

/** Declares the token. `OperatorAccess` asks for it, in front of the document and the page about it, too. */
export class OperatorToken extends HttpApiMiddleware.Service<OperatorToken>()(
  "mosaic-coordinator/operator/api/OperatorApi/OperatorToken",
  { security: { bearer } }
) {}

/** What operators can read, and in which form. Of texts it has answers alone: nothing of bodies, journals and prompts. */
export class OperatorApi extends HttpApi.make("operator")
  .add(DeliveriesGroup, TasksGroup, SessionsGroup)
  .middleware(QueryCheck)
  .middleware(OperatorToken)
  .prefix("/api")
  .annotateMerge(
    OpenApi.annotations({
      title: "Mosaic Coordinator, operator API",
      version: VERSION,
      description:
        "Send the operator token as a bearer token: OPERATOR_TOKEN, or the one that was made at the first start. " +
        "Lists are newest first; `nextCursor`, when it is not null, is the `cursor` of the next page."
    })
  ) {}
