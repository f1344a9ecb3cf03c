// @effect-diagnostics *:off
import { readFileSync, readdirSync } from "node:fs"

/** A process that forks while it is looked for is found by a later look. */
const LOOKS = 20
/** For a moment of its start a program has no environment. */
const CLEAN_LOOKS = 2

const hasMark = (pid: string, mark: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark)
  } catch {
    return false
  }
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, "SIGKILL")
  } catch {
    // Gone already.
  }
}

/** A variable for the environment of a process, which all that it starts inherit. */
export const MARK = "MOSAIC_TOOLS"

/**
 * Kills what bears the mark in the environment it was started with: also daemons that left their process group and session. One
 * that was started with another environment is not found. Linux alone.
 */
export const sweep = (mark: string): void => {
  let clean = 0
  for (let look = 0; look < LOOKS && clean < CLEAN_LOOKS; look++) {
    const found = pids().filter((pid) => Number(pid) !== process.pid && hasMark(pid, mark))
    clean = found.length === 0 ? clean + 1 : 0
    found.forEach((pid) => kill(Number(pid)))
  }
}

const parentOf = (pid: string): string => {
  try {
    // The name may have anything in it, but what follows its last bracket is numbers.
    return /^.*\) . (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1] ?? "0"
  } catch {
    return "0"
  }
}

/**
 * Processes that belong to none of the marks and descend from none that does: what a session left behind after it had shed its mark.
 * Only where all processes are of our own making, as in a tools container. Looked at twice, because for a moment of its start a
 * program has no environment.
 */
export const strays = (marks: ReadonlyArray<string>): ReadonlyArray<number> => {
  const all = pids().filter((pid) => pid !== "1" && Number(pid) !== process.pid)
  const owned = new Set(all.filter((pid) => marks.some((mark) => hasMark(pid, mark))))
  const isOwned = (pid: string, steps = LOOKS): boolean =>
    owned.has(pid) || (steps > 0 && pid !== "0" && pid !== "1" && isOwned(parentOf(pid), steps - 1))
  return all.filter((pid) => !isOwned(pid)).map(Number)
}

/** Kills those that were there on both looks. */
export const killBoth = (first: ReadonlyArray<number>, second: ReadonlyArray<number>): void =>
  first.filter((pid) => second.includes(pid)).forEach(kill)

const pids = (): ReadonlyArray<string> => {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

/** The process group of a child that was started `detached`. */
export const killGroup = (pid: number | undefined): void => {
  if (pid !== undefined) kill(-pid)
}
