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
