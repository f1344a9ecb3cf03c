import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { SavedAtMost } from "../../src/workspace/Bounds.ts"
import { nameOf } from "../../src/workspace/SnapshotRef.ts"
import { lacking } from "../harness/Lacking.ts"
import { shell } from "../harness/Shell.ts"
import { ground, scene } from "./support.ts"

const BASE = ["100644 .gitignore", "100644 README.md", "100644 src/total.js"]

/** Everything that made git run a program of the agent's, in the configuration and the tree of a checkout. */
const PLANTED = `
  trap='touch "$PWD"/../../../RAN'
  printf '#!/bin/sh\\ntouch ${"$"}{0%%.git*}../../../RAN\\n' > trap.sh; chmod +x trap.sh
  git config core.fsmonitor "$PWD/trap.sh"; git config core.hooksPath "$PWD/hooks"
  git config filter.x.clean "$PWD/trap.sh"; git config filter.x.process "$PWD/trap.sh"; git config filter.x.smudge "$PWD/trap.sh"
  git config diff.external "$PWD/trap.sh"; git config core.sshCommand "$PWD/trap.sh"; git config core.editor "$PWD/trap.sh"
  mkdir -p hooks; for hook in post-index-change reference-transaction pre-commit post-checkout; do cp trap.sh hooks/$hook; done
  echo '* filter=x diff=x' > .gitattributes
  git init -q sub; git -C sub config filter.x.clean "$PWD/trap.sh"; git -C sub config core.fsmonitor "$PWD/trap.sh"
  echo '* filter=x' > sub/.gitattributes; echo inner > sub/inner.txt
  git init -q done; echo kept > done/kept.txt; git -C done add -A; git -C done commit -qm inner`

describe.skipIf(lacking("bwrap"))("Snapshots", () => {
  layer(ground)((it) => {
    it.effect(
      "hold what was added, changed, removed and made runnable, and leave the agent's index and branch alone",
      () =>
        Effect.gen(function* () {
          const { files, open } = yield* scene
          const { save, site } = yield* open()
          yield* shell(site.tree, `echo more >> README.md; rm src/total.js; echo 'echo hi' > run.sh; chmod +x run.sh`)
          const before = yield* shell(site.tree, "git status --porcelain; git rev-parse HEAD")
          const saved = yield* save
          assert.isNotNull(saved)
          assert.deepStrictEqual(yield* files(saved.commit), ["100644 .gitignore", "100644 README.md", "100755 run.sh"])
          assert.strictEqual(yield* shell(site.tree, "git status --porcelain; git rev-parse HEAD"), before)
        })
    )

    it.effect("are made only when something changed since the newest", () =>
      Effect.gen(function* () {
        const { open } = yield* scene
        const { save, site } = yield* open()
        assert.isNull(yield* save)
        yield* shell(site.tree, "echo one > one")
        const first = yield* save
        assert.deepStrictEqual(yield* save, first)
        yield* shell(site.tree, "echo two > two")
        assert.deepStrictEqual([first?.ref.n, (yield* save)?.ref.n], [1, 2])
      })
    )

    it.effect("bring what changed since the newest and no more, and leave alone what did not change", () =>
      Effect.gen(function* () {
        const { clone, files, open } = yield* scene
        const { save, site } = yield* open()
        yield* shell(site.tree, "mkdir many; head -c 100000 /dev/urandom > many/noise; echo one > many/small")
        yield* save
        const before = yield* shell(site.tree, "stat -c %z many/noise")
        yield* shell(site.tree, "echo two > many/small; echo run > run.sh; chmod 600 run.sh; chmod u+x run.sh")
        const saved = (yield* save)?.commit ?? ""
        // A commit, two trees and two files.
        assert.strictEqual(yield* shell(site.save, "od -An -j 8 -N 4 -t u4 --endian=big new.pack | tr -d ' \\n'"), "5")
        assert.strictEqual(yield* shell(site.tree, "stat -c %z many/noise"), before)
        assert.includeMembers([...(yield* files(saved))], ["100644 many/noise", "100644 many/small", "100755 run.sh"])
        assert.strictEqual(yield* shell(clone, `git cat-file blob ${saved}:many/small`), "two\n")
      })
    )

    it.effect("hold the files of nested repositories, and run nothing that was planted for git", () =>
      Effect.gen(function* () {
        const { files, folder, open } = yield* scene
        const { save, site } = yield* open()
        yield* shell(site.tree, PLANTED)
        yield* shell(site.tree, `rm -f "${folder}"/work/RAN "${folder}"/RAN`)
        const saved = yield* save
        assert.isNotNull(saved)
        assert.includeMembers([...(yield* files(saved.commit))], ["100644 sub/inner.txt", "100644 done/kept.txt"])
        assert.strictEqual(yield* shell(folder, "find . -name RAN"), "")
      })
    )

    it.effect("hold odd names and links as they are, and leave fifos out", () =>
      Effect.gen(function* () {
        const { clone, open } = yield* scene
        const { save, site } = yield* open()
        yield* shell(
          site.tree,
          `echo 1 > $'new\\nline'; echo 2 > ./-rf; echo 3 > 'ü "quoted"'; ln -s /etc/passwd out; ln -s ../.. up
           mkfifo pipe .gitattributes; rm .gitignore; mkfifo .gitignore`
        )
        const saved = yield* save
        assert.isNotNull(saved)
        const names = (yield* shell(clone, `git ls-tree -r -z --name-only ${saved.commit}`)).split("\0").filter(Boolean)
        assert.sameMembers(names, ["-rf", "README.md", "new\nline", "out", "src/total.js", "up", 'ü "quoted"'])
        assert.strictEqual(yield* shell(clone, `git cat-file blob ${saved.commit}:out`), "/etc/passwd")
      })
    )

    it.effect("hold what became a folder, a file or a link in place of something else", () =>
      Effect.gen(function* () {
        const { files, open } = yield* scene
        const { save, site } = yield* open()
        yield* shell(site.tree, "mkdir a; echo 1 > a/b; echo 2 > c")
        yield* save
        yield* shell(site.tree, "rm -r a c; ln -s /tmp a; mkdir c; echo 3 > c/d; rm -r src; echo 4 > src")
        const saved = yield* save
        assert.deepStrictEqual(yield* files(saved?.commit ?? ""), [
          "100644 .gitignore",
          "100644 README.md",
          "120000 a",
          "100644 c/d",
          "100644 src"
        ])
      })
    )

    it.effect("are made whatever became of the agent's `.git`", () =>
      Effect.gen(function* () {
        const { files, open } = yield* scene
        const { save, site } = yield* open()
        yield* shell(site.tree, "rm -rf .git; echo 1 > one")
        assert.includeMembers([...(yield* files((yield* save)?.commit ?? ""))], ["100644 one"])
        yield* shell(site.tree, "ln -s /etc .git; echo 2 > two")
        assert.includeMembers([...(yield* files((yield* save)?.commit ?? ""))], ["100644 one", "100644 two"])
        yield* shell(site.tree, "rm .git; echo 'gitdir: /etc' > .git; echo 3 > three")
        assert.includeMembers([...(yield* files((yield* save)?.commit ?? ""))], ["100644 three"])
      })
    )

    it.effect("leave out what is ignored, unless the base has it, and hold what the agent closed to itself", () =>
      Effect.gen(function* () {
        const { files, open } = yield* scene
        const { save, site } = yield* open()
        yield* shell(
          site.tree,
          `mkdir -p node_modules/x shut; echo 1 > node_modules/x/y; echo 2 > build.log; echo 'README.md' >> .gitignore
           echo 3 > shut/in; echo changed > README.md; chmod 000 shut README.md`
        )
        const saved = yield* save
        assert.deepStrictEqual(yield* files(saved?.commit ?? ""), [
          ...BASE.slice(0, 2),
          "100644 shut/in",
          BASE[2] ?? ""
        ])
      })
    )

    it.effect("are bounded by what is saved, not by what is ignored, and say what to do", () =>
      Effect.gen(function* () {
        const { files, open } = yield* scene
        const { save, site } = yield* open()
        yield* shell(
          site.tree,
          "mkdir node_modules; cd node_modules; seq 1 1001 | xargs touch; truncate -s 11M big.log"
        )
        yield* shell(site.tree, "printf 'a\\0b' > binary; head -c 100000 /dev/urandom > noise")
        assert.includeMembers([...(yield* files((yield* save)?.commit ?? ""))], ["100644 binary", "100644 noise"])
        yield* shell(site.tree, "truncate -s 11M big")
        assert.match((yield* Effect.flip(save)).message, /holds more than 10 MiB: have build results ignored/)
        yield* shell(site.tree, "rm big; mv node_modules made")
        assert.match((yield* Effect.flip(save)).message, /more than 1,000 files: have build results ignored/)
      }).pipe(Effect.provideService(SavedAtMost, { files: 1000, mebibytes: 10 }))
    )

    it.effect("are refused when they hold what git may not check out", () =>
      Effect.gen(function* () {
        const { open, snapshots } = yield* scene
        const { save, site } = yield* open()
        yield* shell(site.tree, `printf '[submodule "x"]\\n\\tpath = x\\n\\turl = -u./trap\\n' > .gitmodules`)
        const error = yield* Effect.flip(save)
        assert.strictEqual(error._tag, "WorkspaceError")
        assert.match(error.message, /git refuses it: .*disallowed submodule url/)
        assert.isNull(yield* snapshots.newest(site.repositoryId, site))
      })
    )

    it.effect("are bare refs of the clone, by number, session and count", () =>
      Effect.gen(function* () {
        const { clone, open } = yield* scene
        const { save, site } = yield* open()
        yield* shell(site.tree, "echo one > one")
        const saved = yield* save
        assert.isNotNull(saved)
        const name = nameOf(saved.ref)
        assert.match(name, /^refs\/mosaic\/\d+\/0199-\d+\/1$/)
        assert.strictEqual((yield* shell(clone, `git rev-parse ${name}`)).trim(), saved.commit)
        assert.strictEqual((yield* shell(clone, `git rev-parse ${name}^`)).trim(), site.base)
      })
    )
  })
})
