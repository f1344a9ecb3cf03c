/**
 * What a repository's `setup` left in a workspace, found inside the isolation, in bash. Told by its environment: TREE, SAVE as for a
 * snapshot, and NOW, the commit whose tree was laid out before. Changes of files that the commit has are undone. It prints the other
 * files that `.gitignore` does not name, each with a NUL behind it; whole folders as one.
 */
export const SETUP_SCRIPT = String.raw`
set -euo pipefail
export LC_ALL=C HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
export GIT_DIR="$SAVE" GIT_WORK_TREE="$TREE" GIT_INDEX_FILE="$SAVE/setup.index"
cd "$TREE"
rm -f "$GIT_INDEX_FILE"
git read-tree "$NOW"
git update-index -q --refresh > /dev/null || true
git diff-files -z --name-only --ignore-submodules=all > "$SAVE/setup.changed"
git checkout-index -f -z --stdin < "$SAVE/setup.changed"
git ls-files -z --others --exclude-standard --directory --no-empty-directory
`

/** Paths as patterns for `info/exclude`. A name with a line break cannot be one, and stays work. */
export const patternsOf = (output: string): string =>
  output
    .split("\0")
    .filter((path) => path !== "" && !path.includes("\n"))
    .map((path) => `/${path.replace(/[\\*?[\]]/g, "\\$&").replace(/ +$/, (spaces) => "\\ ".repeat(spaces.length))}\n`)
    .join("")
