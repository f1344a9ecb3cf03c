import { dirname, join } from "node:path"
import type { Surroundings } from "../tool/ToolHost.ts"

/** Beside a tree. */
export const homeOf = (tree: string): string => join(dirname(tree), "home")

/**
 * What commands in a tree have: it, and a home that lasts as long, because with many tools what `setup` fetches goes there, and has to
 * be there for what comes after it.
 */
export const surroundingsOf = (tree: string): Surroundings => ({
  mounts: [
    { path: tree, access: "write" },
    { path: homeOf(tree), access: "write" }
  ],
  cwd: tree,
  env: { HOME: homeOf(tree) }
})
