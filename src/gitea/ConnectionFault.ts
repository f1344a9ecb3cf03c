const PROXY = "or of the proxy, where HTTPS_PROXY or HTTP_PROXY names one"
const CA = "set NODE_EXTRA_CA_CERTS to the file with the certificate of its authority (PEM), and restart"
const UNTRUSTED = `its certificate is not trusted here: ${CA}`
const UNKNOWN_HOST = `the host is not known here: check the host in GITEA_URL, ${PROXY}, and the DNS of this machine`
const TOO_FAR = "the host does not answer: check host and port of GITEA_URL, and any firewall between"
const NOT_TLS =
  "the port does not answer in TLS: set GITEA_URL to http:// instead of https://, or to the port that serves https"
const CUT =
  "the connection was closed without an answer: check scheme and port of GITEA_URL (http or https), and any proxy before it"
const STALE = "its certificate is not valid at this time: renew it, or set the clock of this machine"
const OTHER_NAME = "its certificate is for another host: use a host that is in the certificate in GITEA_URL"
const BAD_PORT = "its port is one that is never called, because another protocol owns it: let Gitea listen on another"

/** By `code`, of Node (`connect`, `getaddrinfo`), of OpenSSL's checks of a certificate, and of fetch (`UND_`). */
const BY_CODE: Readonly<Record<string, string>> = {
  ENOTFOUND: UNKNOWN_HOST,
  EAI_AGAIN: UNKNOWN_HOST,
  EAI_NODATA: UNKNOWN_HOST,
  EAI_NONAME: UNKNOWN_HOST,
  ECONNREFUSED: `the connection was refused: check host and port of GITEA_URL, ${PROXY}, and whether Gitea runs`,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_HAS_EXPIRED: STALE,
  CERT_NOT_YET_VALID: STALE,
  ERR_TLS_CERT_ALTNAME_INVALID: OTHER_NAME,
  HOSTNAME_MISMATCH: OTHER_NAME,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_UNKNOWN_PROTOCOL: NOT_TLS,
  ETIMEDOUT: TOO_FAR,
  EHOSTUNREACH: TOO_FAR,
  ENETUNREACH: TOO_FAR,
  UND_ERR_CONNECT_TIMEOUT: TOO_FAR,
  ECONNRESET: CUT,
  EPIPE: CUT,
  UND_ERR_SOCKET: CUT
}

/** What has no code of its own, or one that says less than its text. */
const BY_TEXT: ReadonlyArray<readonly [text: RegExp, says: string]> = [
  [
    /^Proxy response/,
    "the proxy refused to connect: check HTTPS_PROXY, with its login, or add Gitea's host to NO_PROXY"
  ],
  [/does not match the HTTP\/1\.1 protocol/, "what listens there does not speak HTTP: check the port of GITEA_URL"],
  [/^bad port$/, BAD_PORT]
]

/** Node's codes alone: other text of an error may hold an address or what a server sent. */
const CODE = /^[A-Z][A-Z0-9_]{2,60}$/

interface Link {
  readonly code: string
  readonly message: string
}

/** Causes of causes; more than these nobody nests, and a circle of them ends. */
const DEEPEST = 10

const linksOf = (error: unknown): ReadonlyArray<Link> => {
  const links: Array<Link> = []
  for (let link = error; link instanceof Error && links.length < DEEPEST; link = link.cause) {
    links.push({ code: "code" in link ? String(link.code) : "", message: link.message })
  }
  return links
}

const known = ({ code, message }: Link): string | undefined =>
  BY_TEXT.find(([text]) => text.test(message))?.[1] ?? (Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined)

/**
 * Why no connection came about, in words that say what to do: by the chain of causes under an error of `fetch`, of which the
 * outermost only says "fetch failed". Pure. What is not known is named by its code.
 */
export const connectionFault = (error: unknown): string => {
  const links = linksOf(error)
  const says = links.toReversed().flatMap((link) => known(link) ?? [])[0]
  if (says !== undefined) return says
  const code = links.toReversed().find((link) => CODE.test(link.code))?.code
  return `the connection failed${code === undefined ? "" : ` (${code})`}: check GITEA_URL and any proxy before it`
}
