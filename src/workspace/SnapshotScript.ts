import type { Ran } from "../tool/ToolHost.ts"

/**
 * Saves the tree of a workspace, inside the isolation, in bash. What it is told by its environment: TREE (the workspace), SAVE (a bare
 * repository of its own, which borrows the objects of the base), BASE (a commit), LAST (the tree saved last, or that of the base),
 * MAX_FILES and MAX_BYTES of what is saved, and MAX_TREE_FILES of all that is there. It prints one line: `same <tree>`,
 * `saved <tree> <commit>` with the objects in $SAVE/new.pack, or `over <what>`.
 *
 * The agent's `.git` is neither read nor written: its configuration and attributes would run code. Files of a nested repository are
 * saved as files, and what the base has as a submodule stays as it is. What `.gitignore` names is not saved, unless the base has it.
 */
export const SNAPSHOT_SCRIPT = String.raw`
set -euo pipefail
export LC_ALL=C HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
export GIT_DIR="$SAVE" GIT_WORK_TREE="$TREE" GIT_INDEX_FILE="$SAVE/index"
export GIT_AUTHOR_NAME=mosaic GIT_AUTHOR_EMAIL=mosaic@localhost GIT_AUTHOR_DATE='@1 +0000'
export GIT_COMMITTER_NAME=mosaic GIT_COMMITTER_EMAIL=mosaic@localhost GIT_COMMITTER_DATE='@1 +0000'
lists="$SAVE/lists"
rm -rf "$lists" "$SAVE/index.lock" "$SAVE/new.pack"
mkdir "$lists"
cd "$TREE"

# Beside the look at the files.
{ git ls-tree -r -z --full-tree "$BASE" > "$lists/tree" && cut -z -f 2- "$lists/tree" | sort -z > "$lists/base"; } 2> "$lists/why" &
base=$!

# What the agent closed to itself could not be read, nor removed by the group; and git would wait for ever for a fifo of these names.
# Only what needs it is opened: a file whose mode is set, even to what it was, is no longer known to the index and would be read again.
list() {
  find . -type d ! -perm -0770 -exec chmod ug+rwx {} + , ! -name .git ! -path '*/.git/*' \( \
    -type f \( ! -perm -0660 -o -perm /0111 ! -perm -0110 \) -exec chmod ug+rwX {} + , \
    \( -name .gitignore -o -name .gitattributes \) \( -type p -o -type s \) -exec rm -f {} + , \
    \( -type f -o -type l \) -printf '%P\0' -fprintf "$lists/sizes" '%s\n' \) > "$lists/found"
}
# It fails at a folder that is closed to it.
list 2> /dev/null || { chmod -R ug+rwX . 2> /dev/null || true; list; }

counted="$(awk '{ sum += $1 } END { printf "%d %.0f", NR, sum }' "$lists/sizes")"
read -r files bytes <<< "$counted"
if [ "$files" -gt "$MAX_TREE_FILES" ]; then echo "over files"; exit 0; fi

if [ ! -e "$GIT_INDEX_FILE" ] || ! git ls-files -z > "$lists/held" 2> /dev/null; then
  rm -f "$GIT_INDEX_FILE"
  git read-tree "$BASE"
  git ls-files -z > "$lists/held"
fi

sort -z "$lists/found" > "$lists/all"
git check-ignore -z --stdin --no-index < "$lists/all" > "$lists/matched" || [ $? -eq 1 ]
sort -z "$lists/matched" > "$lists/ignored"
wait "$base" || { cat "$lists/why" >&2; exit 1; }
comm -z -23 "$lists/ignored" "$lists/base" > "$lists/left"
comm -z -23 "$lists/all" "$lists/left" > "$lists/kept"
if [ "$files" -gt "$MAX_FILES" ] && [ "$(tr -cd '\0' < "$lists/kept" | wc -c)" -gt "$MAX_FILES" ]; then echo "over files"; exit 0; fi
if [ "$bytes" -gt "$MAX_BYTES" ]; then
  kept="$({ du -lbc --files0-from="$lists/kept" 2> /dev/null || true; } | tail -n 1 | cut -f 1)"
  if [ "$kept" -gt "$MAX_BYTES" ]; then echo "over bytes"; exit 0; fi
fi
sort -z -u "$lists/held" > "$lists/indexed"
comm -z -23 "$lists/indexed" "$lists/kept" > "$lists/gone"
[ ! -s "$lists/gone" ] || git update-index --force-remove -z --stdin < "$lists/gone"
git update-index --add --remove --replace -z --stdin < "$lists/kept"

{ grep -z '^160000 ' "$lists/tree" || true; } | while IFS=$'\t' read -r -d '' meta path; do
  read -r _ _ link <<< "$meta"
  git ls-files -z -- ":(literal)$path" | git update-index --force-remove -z --stdin
  git update-index --add --replace --cacheinfo "160000,$link,$path"
done

tree="$(git write-tree)"
if [ "$tree" = "$LAST" ]; then echo "same $tree"; exit 0; fi
commit="$(git commit-tree "$tree" -p "$BASE" -m 'Work saved by mosaic')"
# What the newest has, the clone has. Its tree is named, since of a commit that is no parent of this one nothing would be left out.
known="$(git rev-parse --quiet --verify "$LAST^{tree}" || echo "$BASE")"
printf '%s\n^%s\n^%s\n' "$commit" "$BASE" "$known" | git pack-objects -q --revs --thin --stdout > "$SAVE/new.pack"
echo "saved $tree $commit"
`

const ID = "[0-9a-f]{40,64}"
const SAME = new RegExp(`^same (${ID})$`)
const SAVED = new RegExp(`^saved (${ID}) (${ID})$`)

/** What the script said, which is not to be trusted: an agent may have got at it. */
export type SnapshotReply =
  | { readonly kind: "same" }
  | { readonly kind: "saved"; readonly tree: string; readonly commit: string }
  | { readonly kind: "over"; readonly what: "files" | "bytes" }
  | { readonly kind: "failed"; readonly detail: string }

const parse = (line: string): SnapshotReply => {
  if (line === "over files" || line === "over bytes")
    return { kind: "over", what: line === "over files" ? "files" : "bytes" }
  if (SAME.test(line)) return { kind: "same" }
  const [, tree, commit] = SAVED.exec(line) ?? []
  return tree === undefined || commit === undefined
    ? { kind: "failed", detail: "it ended without an answer" }
    : { kind: "saved", tree, commit }
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? ""

export const replyOf = ({
  end,
  exitCode,
  stderr,
  stdout
}: Pick<Ran, "end" | "exitCode" | "stderr" | "stdout">): SnapshotReply => {
  if (end === "exit" && exitCode === 0) return parse(lastLine(new TextDecoder().decode(stdout)))
  const isTold = end === "exit" || end === "overuse"
  return { kind: "failed", detail: isTold ? lastLine(stderr).slice(0, 200).toWellFormed() : "it took too long" }
}
