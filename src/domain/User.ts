import { Schema } from "effect"

/** A Gitea account. The numeric id is its identity: a login can be changed, and is compared without regard to case. */
export const User = Schema.Struct({ id: Schema.Int, login: Schema.NonEmptyString })
export type User = typeof User.Type

/** The bot as far as it is known: its login from the settings, its id once Gitea has told it. */
export interface Bot {
  readonly login: string
  readonly id: number | null
}

/** By numeric id once it is known; before that, and always without a token, by login. */
export const isBot = (bot: Bot, user: User): boolean =>
  bot.id === null ? bot.login.toLowerCase() === user.login.toLowerCase() : bot.id === user.id
