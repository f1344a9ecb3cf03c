// @effect-diagnostics *:off
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A home of its own for what is started without a file system of its own: in the workspace, caches would become work. */
export const makeHome = (): string => mkdtempSync(join(tmpdir(), "mosaic-home-"))

/** What cannot be removed, because of its modes, stays in the temporary folder. */
export const removeHome = (home: string): void => {
  try {
    rmSync(home, { recursive: true, force: true })
  } catch {
    // Nothing else can be done about it here.
  }
}
