import { Logger } from "effect"

/** Everything logged at the usual level, as `Warn Context look failed`. */
export const logged = (lines: Array<string>) =>
  Logger.layer([Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String([message].flat()[0])}`))])
