const HIDDEN = "<redacted>"

/** Exact values, because a Gitea token has no prefix to know it by; also as they look inside JSON text. */
export const redact = (secrets: ReadonlyArray<string>, text: string): string =>
  secrets
    .flatMap((secret) => [secret, secret.replace(/["\\]/g, "\\$&")])
    .filter((secret) => secret.length > 0)
    .reduce((clean, secret) => clean.replaceAll(secret, HIDDEN), text)
