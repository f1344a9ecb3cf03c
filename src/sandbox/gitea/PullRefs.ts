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

  const point = (id: number, number: number, commit: string) =>
    repositories.git(id, ["update-ref", headRef(number), commit])

  const follow = Effect.fnUntraced(function* (id: number) {
    const branches = yield* repositories.branches(id)
    const open = pullsOf((yield* store.view).forge, id).filter(({ state }) => state === "open")
    yield* Effect.forEach(
      open.flatMap(({ head, number }) => {
        const commit = branches[head]
        return commit === undefined ? [] : [[number, commit] as const]
      }),
      ([number, commit]) => point(id, number, commit),
      { discard: true }
    )
  })

  /** The commits of both sides now; of one that is closed, what its head was then. */
  const commitsOf = Effect.fnUntraced(function* ({ base, head, number, repository }: Pull) {
    yield* follow(repository)
    const branches = yield* repositories.branches(repository)
    return {
      head: branches[head] ?? (yield* repositories.commitAt(repository, headRef(number))) ?? "",
      base: branches[base] ?? ""
    }
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
      yield* point(id, forge.pulls.find(isOurs)?.number ?? 0, commit)
    }
  })

  return { commitsOf, follow, takeAgit }
})
