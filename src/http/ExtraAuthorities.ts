import { Config, Effect, FileSystem, Layer, Option, Schema } from "effect"
import { getCACertificates, setDefaultCACertificates } from "node:tls"

/** The file of further authorities cannot be used. */
export class InvalidAuthorities extends Schema.TaggedError<InvalidAuthorities>()("InvalidAuthorities", {
  file: Schema.String
}) {
  override get message() {
    return `NODE_EXTRA_CA_CERTS names ${this.file}, which is no file of certificates: set it to a PEM file that can be read, or unset it`
  }
}

/**
 * Makes calls trust the authorities in the file that `NODE_EXTRA_CA_CERTS` names. Node heeds the variable only where it was set
 * before the process began, so not in `.env`; what it has loaded is left alone.
 */
export const ExtraAuthorities = Layer.effectDiscard(
  Effect.gen(function* () {
    const file = Option.getOrElse(yield* Config.option(Config.String("NODE_EXTRA_CA_CERTS")), () => "")
    if (file === "" || getCACertificates("extra").length > 0) return
    const fs = yield* FileSystem.FileSystem
    yield* fs.readFileString(file).pipe(
      Effect.flatMap((pem) => Effect.try(() => setDefaultCACertificates([...getCACertificates("default"), pem]))),
      Effect.mapError(() => new InvalidAuthorities({ file }))
    )
  })
)
