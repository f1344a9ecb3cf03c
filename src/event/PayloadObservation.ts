import type { IssueAction, IssueEvent } from "../domain/GiteaEvent.ts"
import { Observation } from "../domain/Mandate.ts"
import type { Mandate } from "../domain/Mandate.ts"
import { isBot } from "../domain/User.ts"
import type { Bot } from "../domain/User.ts"

/** What an event shows of its issue. `seq` numbers the delivery, and stands for the mandate where the timeline cannot be read. */
type Plan = (event: IssueEvent, bot: Bot, seq: number) => Observation

const shown = ({ issue }: IssueEvent, bot: Bot, mandate: Mandate | null): Observation => {
  if (issue.state === "closed") return Observation.Closed()
  return issue.assignees.some((user) => isBot(bot, user)) ? Observation.Assigned({ mandate }) : Observation.Unassigned()
}

/** The payload never says who was assigned, so only the list after the event counts. */
const mayMandate: Plan = (event, bot, seq) => shown(event, bot, { source: "delivery", id: seq })
const keepsMandate: Plan = (event, bot) => shown(event, bot, null)

/** One handler for each kind; adding a kind is one line here and one in `IssueAction`. */
const plans: Readonly<Record<IssueAction, Plan>> = {
  assigned: mayMandate,
  unassigned: keepsMandate,
  closed: () => Observation.Closed(),
  // An issue created with assignees may lose its `assigned`; `opened` has the list too.
  opened: mayMandate,
  reopened: mayMandate,
  edited: keepsMandate,
  label_updated: keepsMandate,
  label_cleared: keepsMandate,
  deleted: () => Observation.Gone()
}

/** Pure: what follows for the issue of an event, as far as its signed payload tells. With a token a look at the issue decides. */
export const observationOf: Plan = (event, bot, seq) => plans[event.action](event, bot, seq)
