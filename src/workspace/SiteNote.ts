import { Effect, FileSystem, Path, Schema } from "effect"
import { Repository } from "../domain/Repository.ts"
import { SessionId } from "../domain/Session.ts"

/** Whose folder it is, and what its work began from: written beside the checkout, where no command of a repository comes. */
export const SiteNote = Schema.Struct({
  repository: Repository,
  number: Schema.Natural,
  session: SessionId,
  start: Schema.String.check(Schema.isPattern(/^[0-9a-f]{40,64}$/))
})
export type SiteNote = typeof SiteNote.Type

const Text = Schema.fromJsonString(SiteNote)
const encode = Schema.encodeEffect(Text)
const decode = Schema.decodeUnknownEffect(Text)

/** Writes down whose a folder is, and reads it. */
export const makeSiteNotes = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const fileOf = (folder: string) => path.join(folder, "site.json")

  const write = Effect.fnUntraced(function* (folder: string, note: SiteNote) {
    const text = yield* Effect.orDie(encode(note))
    yield* fs.writeFileString(`${fileOf(folder)}.new`, `${text}\n`)
    yield* fs.rename(`${fileOf(folder)}.new`, fileOf(folder))
  })

  /** Null: nothing is known of it. */
  const read = (folder: string): Effect.Effect<SiteNote | null> =>
    fs.readFileString(fileOf(folder)).pipe(
      Effect.flatMap(decode),
      Effect.map((note) => (note.session === path.basename(folder) ? note : null)),
      Effect.orElseSucceed(() => null)
    )

  return { read, write }
})
