const HIDDEN = "<redacted>"

/**
 * Exact values, because a Gitea token has no prefix to know it by; also as they look inside JSON text. The longest first: one may
 * be a part of another, whose rest would be left to read.
 */
export const redact = (secrets: ReadonlyArray<string>, text: string): string =>
  secrets
    .flatMap((secret) => [secret, secret.replace(/["\\]/g, "\\$&")])
    .filter((secret) => secret.length > 0)
    .toSorted((a, b) => b.length - a.length)
    .reduce((clean, secret) => clean.replaceAll(secret, HIDDEN), text)
