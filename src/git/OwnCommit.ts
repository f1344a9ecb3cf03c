/** For commits that stay in a clone of ours: the same id each time, and nobody's name. */
export const OWN_COMMIT = {
  GIT_AUTHOR_NAME: "mosaic",
  GIT_AUTHOR_EMAIL: "mosaic@localhost",
  GIT_AUTHOR_DATE: "@1 +0000",
  GIT_COMMITTER_NAME: "mosaic",
  GIT_COMMITTER_EMAIL: "mosaic@localhost",
  GIT_COMMITTER_DATE: "@1 +0000"
} as const
