import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Layer, Schema } from "effect"
import { IssueEvent } from "../../src/domain/GiteaEvent.ts"
import { isPullRequest } from "../../src/domain/Issue.ts"
import { FullName, isAllowed } from "../../src/domain/Repository.ts"
import { isBot, User } from "../../src/domain/User.ts"
import { asForm, bodyOf, BOT, requestOf, signedDelivery } from "../harness/Deliveries.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestInbox } from "../harness/TestInbox.ts"
import { answerTo, send, untouched, webhook } from "./support.ts"

const REPOSITORIES = ["*a*/*"]
const stored = TestInbox.pipe(Layer.provideMerge(settings({ repositories: REPOSITORIES })))
const RUNS = { arbitrary: { runs: 60 } }

/** What becomes of an event when it is the first one there is. */
const verdictOf = ({ issue, repository, sender }: IssueEvent) => {
  if (isPullRequest(issue)) return { status: "ignored", reason: "pull requests are not handled" }
  if (!isAllowed(REPOSITORIES, repository.fullName)) {
    return { status: "ignored", reason: "repository is not in GITEA_REPOSITORIES" }
  }
  if (isBot(BOT, sender)) return { status: "ignored", reason: "the bot's own action" }
  return issue.assignees.some((user) => isBot(BOT, user))
    ? { status: "accepted" }
    : { status: "ignored", reason: "not assigned to the bot, and no task" }
}

/** The pattern of `FullName` looks ahead, which the generator does not; so names are drawn from a simpler one. */
const names = Arbitrary.filter(
  Arbitrary.schema(Schema.String.check(Schema.isPattern(/^[A-Za-z0-9._-]{1,100}\/[A-Za-z0-9._-]{1,100}$/))),
  Schema.is(FullName)
)
const { repository: _, ...others } = IssueEvent.fields
const events = Arbitrary.map(
  Arbitrary.all([Arbitrary.schema(Schema.Struct(others)), Arbitrary.schema(Schema.Natural), names]),
  ([event, id, fullName]): IssueEvent => ({ ...event, repository: { id, fullName } })
)

const Who = Schema.Literals(["bot", "anybody"])
const Byte = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 255 }))
const Place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100_000 }))
const Digit = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 15 }))

describe("Webhook", () => {
  it.effect.prop(
    "accepts any event that its own schema can say, or ignores it for the reason that applies",
    [events, Who, Who, User],
    ([any, sender, assignee, anybody]) =>
      Effect.gen(function* () {
        const event: IssueEvent = {
          ...any,
          sender: sender === "bot" ? BOT : any.sender,
          issue: { ...any.issue, assignees: [...any.issue.assignees, assignee === "bot" ? BOT : anybody] }
        }
        const delivery = signedDelivery(event)
        const [first, again] = yield* Effect.all([
          answerTo(delivery),
          answerTo(asForm(signedDelivery(delivery.body)))
        ]).pipe(Effect.provide(stored))
        assert.strictEqual(first.status, 200)
        assert.deepInclude(first.body, {
          ...verdictOf(event),
          delivery: delivery.id,
          event: "issues",
          action: event.action,
          task: `${event.repository.id}/${event.issue.number}`
        })
        assert.deepInclude(again.body, { status: "duplicate" })
      }),
    RUNS
  )

  it.effect.prop(
    "refuses a body of which any byte was changed",
    [events, Place, Byte],
    ([event, place, change]) =>
      Effect.gen(function* () {
        const { headers, id } = signedDelivery(event)
        const bytes = new TextEncoder().encode(bodyOf(event))
        const index = place % bytes.length
        bytes[index] = (bytes[index] ?? 0) ^ change
        assert.strictEqual((yield* send({ id, headers, body: bytes })).status, 401)
      }).pipe(Effect.provide(untouched)),
    RUNS
  )

  it.effect.prop(
    "refuses a signature of which any digit was changed",
    [events, Place, Digit],
    ([event, place, change]) =>
      Effect.gen(function* () {
        const { body, headers, id } = signedDelivery(event)
        const digits = [...(headers["x-gitea-signature"] ?? "")]
        const index = place % digits.length
        digits[index] = (Number.parseInt(digits[index] ?? "", 16) ^ change).toString(16)
        const changed = { id, body, headers: { ...headers, "x-gitea-signature": digits.join("") } }
        const post = yield* webhook
        assert.strictEqual((yield* post(requestOf(changed))).status, 401)
      }).pipe(Effect.provide(untouched)),
    RUNS
  )
})
