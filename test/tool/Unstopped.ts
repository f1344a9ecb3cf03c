/** What no isolation means: the attacks that `AGENT_SANDBOX=none` does not stop. */
export const NOT_STOPPED = [
  "the environment of every process",
  "the memory of the coordinator",
  "the store by its path",
  "the store through a process",
  "a write beside the store",
  "a server on host loopback, TCP",
  "a server on host loopback, UDP",
  "a unix socket by its path",
  "an abstract unix socket",
  "a signal to the coordinator",
  "a daemon that has shed its environment"
]

/** What holds even then. */
export const STOPPED = ["a daemon in its own session", "a daemon without a parent"]
