import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { afterAll, vi } from "vitest"
import { lacking } from "../harness/Lacking.ts"
import { shell } from "../harness/Shell.ts"
import { byResults, finish, pushNow, run, serverWithTools, shop } from "./people.ts"

vi.setConfig({ testTimeout: 90_000 })

const server = serverWithTools()
const MENDED = `sed -i 's/lines.reduce((sum, line) => sum + Math.round(line.price \\* line.count \\* 100), 0)/Math.round(lines.reduce((sum, line) => sum + line.price * line.count * 100, 0))/' src/total.js; npm test`
const THEIR_TOTAL = `/** The total of an order in cents, or 0 without lines. */
export const total = (lines = []) =>
  lines.reduce((sum, line) => sum + Math.round(line.price * line.count * 100), 0)`
const BOTH = `cat > src/total.js <<'END'
/** The total of an order in cents, or 0 without lines. */
export const total = (lines = []) =>
  Math.round(lines.reduce((sum, line) => sum + line.price * line.count * 100, 0))
END
git log --format=%s base -1; npm test`

describe.skipIf(lacking("bwrap"))("Base branch that moved while the work went on", () => {
  afterAll(server.clear)

  layer(server.layer, { excludeTestServices: true })((it) => {
    it.effect("is merged before the checks run, and the tree that passed is the tree that is pushed", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, name, open, pulls, said } = yield* shop("acme/moved")
        let main = ""
        yield* claude.respond(
          byResults((results) => {
            if (results.length === 0) return run(MENDED)
            main = pushNow(folder, "main", {
              "docs.md": "Rounds once.",
              ".mosaic.yml": "checks:\n  - { name: both, command: test -f docs.md && npm test }"
            })
            return finish("Rounded once.")
          })
        )
        const issue = yield* open
        yield* becomes(issue, "completed")
        yield* said
        const [pull, ...others] = yield* pulls
        assert.lengthOf(others, 0)
        assert.match(pull?.body ?? "", /- passed: both/)
        assert.strictEqual((yield* shell(folder, "git rev-parse mosaic/1^")).trim(), main)
        assert.strictEqual(
          yield* shell(folder, "git diff --name-only main mosaic/1; git log --format=%s main..mosaic/1"),
          "src/total.js\nTotal is one cent off (#1)\n"
        )
        const [status] = yield* gitea.statuses(name)
        assert.strictEqual(status?.sha, (yield* shell(folder, "git rev-parse mosaic/1")).trim())
      })
    )

    it.effect("goes back to the session where the two conflict, with the files and the other side's change", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, open, pulls } = yield* shop("acme/clash")
        let told = ""
        let seen = ""
        yield* claude.respond(
          byResults((results) => {
            const last = results.at(-1)
            if (last === undefined) return run(MENDED)
            if (last.name === "finish" && last.isError) {
              told = last.text
              return run(`cat src/total.js; ls node_modules; ${BOTH}`)
            }
            if (told === "") pushNow(folder, "main", { "src/total.js": THEIR_TOTAL })
            else seen = last.text
            return finish("Rounded once.")
          })
        )
        const issue = yield* open
        const task = yield* becomes(issue, "completed")
        assert.strictEqual(task?.state, "completed")
        assert.match(told, /^Your work conflicts with what somebody put on main meanwhile, in: src\/total\.js\./)
        assert.match(told, /^\+export const total = \(lines = \[\]\)/m)
        assert.match(seen, /<<<<<<< [^]*=======[^]*>>>>>>> [^]*By a person/)
        const [pull, ...others] = yield* pulls
        assert.lengthOf(others, 0)
        assert.strictEqual(pull?.state, "open")
        const diff = yield* shell(folder, "git diff main mosaic/1 | grep '^[+-] '; git rev-list --count main..mosaic/1")
        assert.match(diff, /^\+ {2}Math\.round\(lines\.reduce/m)
        assert.match(diff, /\n1\n$/)
      })
    )

    it.effect("parks the task when it conflicts again, with everything kept and said", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, gitea, open, progress, pulls, said } = yield* shop("acme/clashes")
        let moves = 0
        yield* claude.respond(
          byResults((results) => {
            const last = results.at(-1)
            if (last === undefined) return run(MENDED)
            if (last.name === "finish") return run(BOTH)
            moves += 1
            pushNow(folder, "main", { "src/total.js": `${THEIR_TOTAL} // ${moves}` })
            return finish("Rounded once.")
          })
        )
        const issue = yield* open
        const task = yield* becomes(issue, "parked")
        assert.match(
          task?.cause ?? "",
          /^the work conflicts with what somebody put on main meanwhile, in src\/total\.js$/
        )
        assert.strictEqual(moves, 2)
        yield* said
        assert.lengthOf(yield* pulls, 0)
        const [comment] = yield* progress(issue)
        assert.include(comment?.body ?? "", "conflicts with what somebody put on main meanwhile")
        const saved = yield* shell(yield* gitea.folder("acme/clashes"), `git show ${task?.saved}:src/total.js`)
        assert.match(saved, /Math\.round\(lines\.reduce/)
      })
    )

    it.effect("refuses marks of a conflict that are left in a file", () =>
      Effect.gen(function* () {
        const { becomes, claude, folder, open } = yield* shop("acme/marks", {
          ".mosaic.yml": "checks: []"
        })
        let refused = ""
        yield* claude.respond(
          byResults((results) => {
            const last = results.at(-1)
            if (last === undefined) return run(MENDED)
            if (last.name !== "finish") {
              if (results.length === 1) pushNow(folder, "main", { "src/total.js": THEIR_TOTAL })
              return finish("Rounded once.")
            }
            if (last.text.startsWith("Your work conflicts")) return finish("I did nothing about it.")
            refused = last.text
            return run(BOTH)
          })
        )
        const issue = yield* open
        yield* becomes(issue, "completed")
        assert.include(refused, "Marks of a conflict are left in src/total.js.")
      })
    )
  })
})
