import { Effect, FileSystem } from "effect"
import { Bot } from "./Bot.ts"
import type { Pull, Repository } from "./Forge.ts"
import { pullsOf } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { headRef, openPull } from "./PullChanges.ts"
import { AGIT_FILE, RepositoryGit } from "./RepositoryGit.ts"

/** The refs of pull requests: `refs/pull/<number>/head` follows the branch while it is open, and pushes to `refs/for/` make it. */
export const makePullRefs = Effect.gen(function* () {
  const bot = yield* Bot
  const fs = yield* FileSystem.FileSystem
  const repositories = yield* RepositoryGit
  const store = yield* ForgeStore

  const follow = Effect.fnUntraced(function* (id: number) {
    const branches = yield* repositories.branches(id)
    const open = pullsOf((yield* store.view).forge, id).filter(({ state }) => state === "open")
    const moves = open.flatMap(({ head, number }) => {
      const commit = branches[head]
      return commit === undefined ? [] : [`update ${headRef(number)} ${commit}\n`]
    })
    if (moves.length > 0) yield* repositories.git(id, ["update-ref", "--stdin"], moves.join(""))
    return branches
  })

  /** For the pull requests of a repository, the commits of both sides now; of one that is closed, what its head was then. */
  const commitsIn = Effect.fnUntraced(function* (id: number) {
    const branches = yield* follow(id)
    const heads = yield* repositories.commits(id, "refs/pull/")
    return ({ base, head, number }: Pull) => ({
      head: branches[head] ?? heads[headRef(number)] ?? "",
      base: branches[base] ?? ""
    })
  })

  /** What was pushed to `refs/for/<base>`, as the hook noted it: one line each, parted by tabs. */
  const takeAgit = Effect.fnUntraced(function* ({ id }: Repository) {
    const file = `${yield* repositories.folder(id)}/${AGIT_FILE}`
    const text = yield* Effect.orElseSucceed(fs.readFileString(file), () => "")
    yield* Effect.ignore(fs.remove(file))
    for (const line of text.split("\n").filter((it) => it !== "")) {
      const [base = "", topic = "", commit = "", title = "", body = ""] = line.split("\t")
      const isOurs = (pull: Pull) => pull.topic === topic && pull.state === "open" && pull.repository === id
      const before = (yield* store.view).forge.pulls.find(isOurs)
      const { forge } =
        before === undefined
          ? yield* store.apply((at) =>
              openPull({ by: bot.login, at }, { repository: id, title, body, head: "", topic, base })
            )
          : yield* store.view
      yield* repositories.git(id, ["update-ref", headRef(forge.pulls.find(isOurs)?.number ?? 0), commit])
    }
  })

  return { commitsIn, follow, takeAgit }
})
