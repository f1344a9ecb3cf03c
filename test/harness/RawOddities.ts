import type { HeaderLines } from "./RawRequest.ts"

/** Parts of a request, most of which some server once stumbled over. */
export const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "PATCH",
  "PROPFIND",
  "QUERY",
  "CONNECT",
  "X"
]
export const TARGETS = [
  "/webhook/gitea",
  "/webhook/gitea?a=%",
  "/health",
  "/health/ready",
  "/",
  "*",
  "//",
  "/%00",
  "http://a/b",
  "/../",
  ""
]
export const VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9", ""]
export const HEADERS: HeaderLines = [
  ["content-length", "-1"],
  ["content-length", "9".repeat(30)],
  ["content-length", "1, 1"],
  ["transfer-encoding", "chunked"],
  ["transfer-encoding", "gzip, chunked"],
  ["transfer-encoding", "identity"],
  ["connection", "upgrade"],
  ["upgrade", "websocket"],
  ["upgrade", "h2c"],
  ["expect", "100-continue"],
  ["expect", "a miracle"],
  ["content-encoding", "gzip"],
  ["content-type", "application/json; charset=utf-7"],
  ["content-type", "application/x-www-form-urlencoded"],
  ["host", ""],
  ["x-gitea-signature", "%00"],
  ["x-gitea-event", "\u00ff"],
  ["x-gitea-delivery", "{}"],
  ["cookie", "a=%ff; __proto__=1"],
  ["__proto__", "1"],
  ["x".repeat(20_000), "1"],
  ["x", "1".repeat(20_000)]
]
