/** Hooks that git runs for one command or another. */
const HOOKS = (
  "pre-commit post-commit post-checkout post-merge pre-push post-index-change reference-transaction pre-auto-gc fsmonitor-watchman " +
  "post-rewrite prepare-commit-msg commit-msg pre-rebase update pre-receive post-receive push-to-checkout"
).split(" ")

/** Settings of a repository that name a program. */
const PROGRAMS = (
  "core.sshCommand core.editor core.pager core.askPass core.gitProxy sequence.editor diff.external credential.helper gpg.program " +
  "remote.origin.uploadpack remote.origin.receivepack uploadpack.packObjectsHook interactive.diffFilter mailinfo.scissors"
).split(" ")

/** Programs for one name of an attribute. */
const DRIVERS =
  "filter.evil.clean filter.evil.smudge filter.evil.process diff.evil.textconv diff.evil.command merge.evil.driver"

/**
 * What an agent leaves in its checkout for a git that is run there later, by somebody with more rights. Each plants a program that
 * writes `ran-<what>` into a folder outside of the workspace. All of them go together.
 */
export const plants = (folder: string): ReadonlyArray<string> => [
  `printf '#!/bin/sh\\ntouch "${folder}/ran-$1"\\ncat\\n' > evil.sh && chmod +x evil.sh && cp evil.sh .git/evil.sh`,
  `git init -q nested && echo text > nested/text && git -C nested add text &&
   git -C nested -c user.name=x -c user.email=x@example.com commit -qm nested && echo more >> nested/text &&
   echo '* filter=evil' > nested/.gitattributes && git -C nested config filter.evil.clean "$PWD/evil.sh nested-filter" &&
   git -C nested config core.fsmonitor "$PWD/evil.sh nested-monitor"`,
  `git init -q unborn && echo text > unborn/text && git -C unborn config core.fsmonitor "$PWD/evil.sh unborn-monitor"`,
  `printf '* filter=evil diff=evil merge=evil ident export-subst\\n' > .gitattributes
   mkdir -p .git/info && cp .gitattributes .git/info/attributes
   for key in ${DRIVERS}; do git config "$key" "$PWD/evil.sh $key"; done; git config filter.evil.required true`,
  `for hook in ${HOOKS.join(" ")}; do
     mkdir -p .git/hooks && printf '#!/bin/sh\\n"%s" hook-%s </dev/null\\n' "$PWD/evil.sh" "$hook" > ".git/hooks/$hook" && chmod +x ".git/hooks/$hook"
   done; cp -r .git/hooks hooks; git config core.hooksPath "$PWD/.git/hooks"`,
  `for key in ${PROGRAMS.join(" ")}; do git config "$key" "$PWD/evil.sh $key"; done
   git config remote.origin.url "ext::$PWD/evil.sh remote" && git config protocol.ext.allow always && git config commit.gpgSign true`,
  `printf '[core]\\n\\tfsmonitor = "%s included-monitor"\\n' "$PWD/evil.sh" > .git/more && git config include.path more`,
  `git config core.fsmonitor "$PWD/evil.sh monitor"`,
  `ln -s '${folder}' out && ln -s /etc/passwd users && mkdir -p sub && ln -s ../.git/hooks sub/hooks && ln -s ../../.. up`,
  `mkfifo pipe; mkdir closed && echo text > closed/text && chmod 000 closed; printf 'x' > "$(printf 'odd\\nname')"; touch -- --upload-pack=evil`,
  `mv .git git && echo 'gitdir: ../../../clones/1.git' > .git`
]
