import { HOME_BYTES, limited, PROCESSES, SHM_BYTES, TMP_BYTES } from "./Limits.ts"
import type { Mount, Surroundings } from "./ToolHost.ts"

export const HOME = "/home/agent"
/** Where programs are, those of Go and Rust included where they are installed for everybody. */
const SEARCH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/go/bin:/usr/local/cargo/bin"

/** What every isolation begins with: nothing but PATH and the like. */
export const BASE_ENV: Readonly<Record<string, string>> = {
  PATH: SEARCH,
  HOME,
  TMPDIR: "/tmp",
  LANG: "C.UTF-8",
  TERM: "dumb"
}

/** The environment of bwrap itself, which is process 1 inside: `--clearenv` does not clear it, and it could be read there. */
export const OUTER_ENV: Readonly<Record<string, string>> = { PATH: SEARCH }

/** A folder at the top of the file system: its own, or a link into /usr. */
export interface TopFolder {
  readonly path: string
  readonly link: string | null
}

/**
 * All namespaces but the cgroup one must be had; "try" is for kernels without it. Without further user namespaces inside there is no
 * way to most of what is wrong with kernels.
 */
const NAMESPACES = (
  "--unshare-user --unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try --disable-userns " +
  "--die-with-parent --new-session --clearenv --cap-drop ALL --hostname sandbox --ro-bind /usr /usr"
).split(" ")

/** Sizes: each of these would be half of the memory, and so would / and /dev, which are read-only instead. */
const KERNEL = (
  `--proc /proc --dev /dev --size ${SHM_BYTES} --tmpfs /dev/shm --remount-ro /dev ` +
  `--size ${TMP_BYTES} --tmpfs /tmp --size ${HOME_BYTES} --tmpfs ${HOME} --symlink /tmp /var/tmp`
).split(" ")

/** What programs need of /etc: the linker, names, certificates and time. Nothing that says whose machine it is. */
const ETC = [
  "ld.so.cache",
  "alternatives",
  "ssl",
  "pki",
  "ca-certificates",
  "passwd",
  "group",
  "nsswitch.conf",
  "localtime"
]

const bind = ({ path, access }: Mount): ReadonlyArray<string> => [
  access === "read" ? "--ro-bind" : "--bind",
  path,
  path
]

const top = ({ path, link }: TopFolder): ReadonlyArray<string> =>
  link === null ? ["--ro-bind", path, path] : ["--symlink", link, path]

/** The arguments of bwrap for one command. The same flags find out at the start whether it works at all. */
export const bubblewrapArgs = (
  { mounts, cwd, env = {} }: Surroundings,
  argv: ReadonlyArray<string>,
  folders: ReadonlyArray<TopFolder>
): ReadonlyArray<string> => [
  ...NAMESPACES,
  ...folders.flatMap(top),
  ...ETC.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]),
  ...KERNEL,
  // A folder comes before what lies in it.
  ...mounts.toSorted((one, other) => one.path.length - other.path.length).flatMap(bind),
  "--remount-ro",
  "/",
  "--chdir",
  cwd,
  ...Object.entries({ ...BASE_ENV, ...env }).flatMap(([key, value]) => ["--setenv", key, value]),
  "--",
  ...limited(argv, PROCESSES)
]
