import { assert, describe, it } from "@effect/vitest"
import { outdated } from "../../src/git/Git.ts"
import { detailOf, GitError, reasonOf } from "../../src/git/GitError.ts"

describe("GitError", () => {
  it.each([
    ["fatal: could not read Username for 'http://x': terminal prompts disabled", "unauthorized"],
    ["fatal: unable to access 'http://x/': The requested URL returned error: 401", "unauthorized"],
    ["fatal: unable to access 'http://x/': Empty reply from server", "unreachable"],
    ["fatal: unable to access 'http://x/': Recv failure: Connection reset by peer", "unreachable"],
    ["fatal: unable to access 'http://x/': server certificate verification failed", "unreachable"],
    ["fatal: http://x/a.git/info/refs not valid: is this a git repository?", "unreachable"],
    ["fatal: protocol error: bad line length character: <htm", "unreachable"],
    ["remote: Forbidden\nfatal: unable to access 'http://x/': The requested URL returned error: 403", "refused"],
    ["remote: Not found.\nfatal: repository 'http://x/a.git/' not found", "missing"],
    ["fatal: unable to access 'http://x/': Failed to connect to x port 1", "unreachable"],
    ["fatal: unable to access 'http://x/': The requested URL returned error: 502", "unreachable"],
    ["fatal: unable to access 'http://x/': The requested URL returned error: 302", "unreachable"],
    ["fatal: the remote end hung up unexpectedly", "unreachable"],
    [" ! [remote rejected] a -> a (pre-receive hook declined)", "declined"],
    [" ! [rejected] a -> a (stale info)", "moved"],
    [" ! [rejected] a -> a (fetch first)", "moved"],
    ["fatal: Unable to create '/x/packed-refs.lock': File exists.", "locked"],
    ["error: object file ./objects/aa/bb is empty", "damaged"],
    ["fatal: bad config line 1 in file config", "damaged"],
    ["fatal: not a git repository: '/x'", "damaged"],
    ["fatal: write error: No space left on device", "full"],
    ["error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413", "refused"],
    ["error: RPC failed; HTTP 429 curl 22 The requested URL returned error: 429", "unreachable"],
    ["remote: This repo is archived. You can view files and clone it.", "declined"],
    ["fatal: unable to access 'http://x/a/archived-forbidden.git/': Could not resolve host: x", "unreachable"],
    ["fatal: unable to access '/x/config': Permission denied", "failed"],
    ["fatal: something new", "failed"]
  ] as const)("knows the reason of %j", (stderr, reason) => {
    assert.strictEqual(reasonOf(stderr, "gitea"), reason)
  })

  it("takes nothing on this disk for out of reach", () => {
    assert.strictEqual(reasonOf("fatal: early EOF", "gitea"), "unreachable")
    assert.strictEqual(reasonOf("fatal: early EOF", "disk"), "failed")
  })

  it("tells in one line what went wrong", () => {
    const said =
      "hint: try again\nremote: \nremote: error:        \nremote: error: Not allowed        \n ! [remote rejected] a -> a (pre-receive hook declined)\nerror: failed to push some refs to 'http://x'\n"
    assert.strictEqual(detailOf(said), "Not allowed; ! [remote rejected] a -> a (pre-receive hook declined)")
    assert.strictEqual(detailOf(""), "it gave no reason")
    assert.isAtMost(detailOf(`fatal: ${"x".repeat(9_000)}`).length, 300)
  })

  it("says what to do where that is known", () => {
    const error = new GitError({ operation: "push", reason: "full", detail: "no space" })
    assert.strictEqual(error.message, "git: push failed: no space. Make room on the disk of AGENT_WORK_DIR")
  })
})

describe("Git", () => {
  it.each([
    ["git version 2.39.5", null],
    ["git version 2.38.0.windows.1", null],
    ["git version 3.0.1", null],
    ["git version 2.37.9", "git 2.37 is too old: install 2.38 or newer"],
    ["no version", "git 0.0 is too old: install 2.38 or newer"]
  ])("can be used in the version %s: %s", (text, problem) => {
    assert.strictEqual(outdated(text), problem)
  })
})
