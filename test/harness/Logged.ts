import { Layer, Logger, References } from "effect"

/** What was logged at warning and up, as `Warn Context check failed`. */
export const warned = (lines: Array<string>) =>
  Layer.merge(logged(lines), Layer.succeed(References.MinimumLogLevel, "Warn"))

/** Everything logged at the usual level, as `Warn Context check failed`. */
export const logged = (lines: Array<string>) =>
  Logger.layer([Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String([message].flat()[0])}`))])
