import { Schema } from "effect"
import { createHmac, randomUUID } from "node:crypto"
import { IssueEvent } from "../../src/domain/GiteaEvent.ts"
import type { Provenance } from "../../src/domain/Provenance.ts"
import type { Issue } from "../../src/domain/Issue.ts"
import { FullName } from "../../src/domain/Repository.ts"
import type { Repository } from "../../src/domain/Repository.ts"
import type { User } from "../../src/domain/User.ts"
import { SECRET } from "./TestSettings.ts"

export const BOT: User = { id: 9, login: "press-bot" }
export const PERSON: User = { id: 3, login: "mira" }

/** Where only that person has a say. */
export const FROM: Provenance = {
  bot: BOT.id,
  mandate: { id: 0, at: 0 },
  trusted: new Set([PERSON.id]),
  isTextEdited: false,
  titles: []
}
export const REPOSITORY: Repository = { id: 21, fullName: FullName.make("inkwell/letterpress") }

/** An open issue, number 57, assigned to the bot. */
export const issue = (overrides: Partial<Issue> = {}): Issue => ({
  number: 57,
  title: "Footnote rule overlaps the gutter",
  body: "See `render/columns.ts`.",
  state: "open",
  user: PERSON,
  assignees: [BOT],
  labels: [],
  ...overrides
})

/** A person assigns the issue to the bot. */
export const issueEvent = (
  overrides: Partial<Omit<IssueEvent, "issue" | "number">> & { readonly issue?: Partial<Issue> } = {}
): IssueEvent => {
  const about = issue(overrides.issue)
  return {
    action: "assigned",
    repository: REPOSITORY,
    sender: PERSON,
    ...overrides,
    number: about.number,
    issue: about
  }
}

/** The JSON text a hook would send for the event. */
export const bodyOf = Schema.encodeSync(Schema.fromJsonString(IssueEvent, { space: 2 }))

export const signatureOf = (body: string | Uint8Array, secret: string = SECRET): string =>
  createHmac("sha256", secret).update(body).digest("hex")

/** One webhook request, before it is sent. */
export interface SignedDelivery {
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer>
}

/** A delivery as Gitea signs and sends it, by default under a new id. `headers` come on top, under lower-case names. */
export const signedDelivery = (
  content: IssueEvent | SignedDelivery["body"] = issueEvent(),
  options: {
    readonly id?: string
    readonly event?: string
    readonly secret?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {}
): SignedDelivery => {
  const body = typeof content === "string" || content instanceof Uint8Array ? content : bodyOf(content)
  const id = options.id ?? randomUUID()
  return {
    id,
    body,
    headers: {
      "content-type": "application/json",
      "x-gitea-delivery": id,
      "x-gitea-event": options.event ?? "issues",
      "x-gitea-signature": signatureOf(body, options.secret),
      ...options.headers
    }
  }
}

/** A text as the form that Gitea makes of it (Go's `url.Values`). */
export const formOf = (text: string): string => new URLSearchParams({ payload: text }).toString()

/** The delivery as a hook of content type form sends it: what is signed stays the JSON text. */
export const asForm = ({ body, headers, id }: SignedDelivery): SignedDelivery => ({
  id,
  headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
  body: formOf(String(body))
})

/** The delivery as a web request to the route. */
export const requestOf = ({ body, headers }: SignedDelivery): Request =>
  new Request("http://coordinator.test/webhook/gitea", { method: "POST", headers, body })
