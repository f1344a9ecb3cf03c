import { Redacted } from "effect"

/** Bytes in a second below which a transfer counts as stalled, and for how many seconds. */
const SLOW = { limit: "1000", time: "60" }

const settings = (pairs: ReadonlyArray<readonly [key: string, value: string | Redacted.Redacted]>) => ({
  GIT_CONFIG_COUNT: `${pairs.length}`,
  ...Object.fromEntries(pairs.map(([key], index) => [`GIT_CONFIG_KEY_${index}`, key])),
  ...Object.fromEntries(pairs.map(([, value], index) => [`GIT_CONFIG_VALUE_${index}`, value]))
})

/** What holds for every git: no hook, no monitor, no collection while a checkout may still borrow from the repository. */
const ALWAYS = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.protectNTFS", "true"],
  ["core.protectHFS", "true"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["advice.detachedHead", "false"],
  ["init.defaultBranch", "main"],
  ["protocol.version", "2"]
] as const

/** Where git may reach, and as whom. */
export type Reach =
  /** Only repositories on this disk. */
  | { readonly to: "disk" }
  /** Only Gitea, as the bot. */
  | { readonly to: "gitea"; readonly url: string; readonly token: Redacted.Redacted | null }

const network = ({ token, url }: Extract<Reach, { to: "gitea" }>) => [
  ["http.followRedirects", "false"] as const,
  ["http.lowSpeedLimit", SLOW.limit] as const,
  ["http.lowSpeedTime", SLOW.time] as const,
  ["push.default", "nothing"] as const,
  ...(token === null
    ? []
    : [[`http.${url}/.extraHeader`, Redacted.make(`Authorization: token ${Redacted.value(token)}`)] as const])
]

/**
 * The whole environment of a git: nothing of ours is inherited but the path it is found by, and no file of a user or a machine is
 * read. The token travels in it alone: never in an argument, an address or a file. Git hands it to its own helpers only.
 */
export const environmentOf = (path: string, reach: Reach): Record<string, string | Redacted.Redacted> => ({
  PATH: path,
  LC_ALL: "C",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_LFS_SKIP_SMUDGE: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_ALLOW_PROTOCOL: reach.to === "gitea" ? "http:https" : "file",
  ...settings(reach.to === "gitea" ? [...ALWAYS, ...network(reach)] : ALWAYS)
})
