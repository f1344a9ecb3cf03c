import { HttpApi, OpenApi } from "effect/http-api"
import { VERSION } from "../../telemetry/Version.ts"
import { DeliveriesGroup } from "./Deliveries.ts"
import { QueryCheck } from "./Problems.ts"
import { SessionsGroup } from "./Sessions.ts"
import { TasksGroup } from "./Tasks.ts"

const bearer = { type: "http", scheme: "bearer", description: "OPERATOR_TOKEN, where it is set" }

/** What operators can read, and in which form. Says nothing of bodies, journals and prompts. */
export class OperatorApi extends HttpApi.make("operator")
  .add(DeliveriesGroup, TasksGroup, SessionsGroup)
  .middleware(QueryCheck)
  .prefix("/api")
  .annotateMerge(
    OpenApi.annotations({
      title: "Mosaic Coordinator, operator API",
      version: VERSION,
      description:
        "With OPERATOR_TOKEN set, send it as a bearer token. Without it, only a direct request from the same machine is answered. " +
        "Lists are newest first; `nextCursor`, when it is not null, is the `cursor` of the next page.",
      transform: (document) => ({
        ...document,
        components: { ...document["components"], securitySchemes: { bearer } },
        security: [{ bearer: [] }, {}]
      })
    })
  ) {}
