const MEBIBYTE = 1024 * 1024

/** What one isolation may use at most. */
export const PROCESSES = 512
export const FILE_BYTES = 2048 * MEBIBYTE
export const TMP_BYTES = 512 * MEBIBYTE
export const HOME_BYTES = 512 * MEBIBYTE
export const SHM_BYTES = 64 * MEBIBYTE
/** Of all its processes together, and of all folders that it may write to: seen by looking, since no process can set that on itself. */
export const MEMORY_BYTES = 4096 * MEBIBYTE
export const DISK_BYTES = 8192 * MEBIBYTE
/** Of 1000: the kernel ends the agent's processes long before ours when memory is short. */
const OOM_SCORE = 900
/** Blocks of `ulimit -f` in bash. */
const BLOCK = 1024

/** Sets limits on itself, then becomes the command. Inside a namespace of its own, processes are counted for it alone. */
const scriptOf = (processes: number | null) =>
  [
    "ulimit -c 0",
    `ulimit -f ${FILE_BYTES / BLOCK} 2>/dev/null`,
    ...(processes === null ? [] : [`ulimit -u ${processes} 2>/dev/null`]),
    `{ echo ${OOM_SCORE} >/proc/self/oom_score_adj; } 2>/dev/null`,
    'exec "$@"'
  ].join("; ")

/** A command under the limits that a process can set on itself; `processes` null where all processes of the user would be counted. */
export const limited = (argv: ReadonlyArray<string>, processes: number | null): ReadonlyArray<string> => [
  "bash",
  "-c",
  scriptOf(processes),
  "limits",
  ...argv
]

export const mebibytes = (bytes: number) => `${bytes / MEBIBYTE} MiB`

/** Each limit by its name, for readiness and the log. */
export const NAMED = {
  file: `one file ${mebibytes(FILE_BYTES)}`,
  processes: `${PROCESSES} processes (set on them, and looked at every second)`,
  seenProcesses: `${PROCESSES} processes (looked at every second)`,
  temporary: `/tmp ${mebibytes(TMP_BYTES)}, home ${mebibytes(HOME_BYTES)}, /dev/shm ${mebibytes(SHM_BYTES)}`,
  memory: `memory ${mebibytes(MEMORY_BYTES)} (looked at every second; when it is short the kernel ends the agent first)`,
  disk: `disk ${mebibytes(DISK_BYTES)} (looked at every few seconds)`,
  core: "no core dumps"
}
