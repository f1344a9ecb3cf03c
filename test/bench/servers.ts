import { Deferred, Effect, Stream } from "effect"
import { ChildProcess } from "effect/process"
import type { ChildProcessSpawner } from "effect/process"

export const SECRET = "only-for-this-measurement"

/** Characters of a server's output in which its address is looked for. */
const LONGEST_HEAD = 4096

export const node = (args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
  ChildProcess.make(process.execPath, args, { env, extendEnv: false, stderr: "inherit" })

/** The bundle, receive-only, on a store of its own. */
export const coordinator = (file: string, env: Record<string, string> = {}) =>
  node(["dist/main.js"], {
    GITEA_URL: "http://127.0.0.1:9",
    GITEA_WEBHOOK_SECRET: SECRET,
    GITEA_BOT_USERNAME: "press-bot",
    DATABASE_URL: `sqlite:${file}`,
    HOST: "127.0.0.1",
    PORT: "0",
    ...env
  })

/** `count` deliveries to a server at `url`, signed with `secret`, in a process of its own. */
export const load = (url: string, secret: string, connections: number, count: number) =>
  node(["test/bench/load.ts", url, secret, String(connections), String(count)])

/** The address a server names; its output is read to the end, or the pipe would fill and stop it. */
export const addressOf = Effect.fnUntraced(function* (handle: ChildProcessSpawner.ChildProcessHandle) {
  const address = yield* Deferred.make<string>()
  let head = ""
  yield* handle.stdout.pipe(
    Stream.runForEach((bytes) => {
      if (head.length > LONGEST_HEAD) return Effect.void
      head += new TextDecoder().decode(bytes)
      const found = /http:\/\/127\.0\.0\.1:[1-9]\d*(?!\d*$)/.exec(head)?.[0]
      return found === undefined ? Effect.void : Deferred.succeed(address, found)
    }),
    Effect.forkScoped
  )
  return yield* Deferred.await(address)
})
