const HIDDEN = "<redacted>"

/** A short value is a word that other texts have by chance; no secret of ours is one. */
const SHORT = 16

/**
 * Exact values, because a Gitea token has no prefix to know it by; also as they look inside JSON text. The longest first: one may
 * be a part of another, whose rest would be left to read.
 */
export const redact = (secrets: ReadonlyArray<string>, text: string): string =>
  secrets
    .filter((secret) => secret.length >= SHORT)
    .flatMap((secret) => [secret, secret.replace(/["\\]/g, "\\$&")])
    .toSorted((a, b) => b.length - a.length)
    .reduce((clean, secret) => clean.replaceAll(secret, HIDDEN), text)
