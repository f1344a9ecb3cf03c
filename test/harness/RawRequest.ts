import type { SignedDelivery } from "./Deliveries.ts"

/** Header lines in their order, under names that may come twice. */
export type HeaderLines = ReadonlyArray<readonly [name: string, value: string]>

export const rawHead = (line: string, headers: HeaderLines): string =>
  [line, ...headers.map((header) => header.join(": ")), "", ""].join("\r\n")

export const CLOSE: HeaderLines = [["connection", "close"]]

export const lengthOf = ({ body }: Pick<SignedDelivery, "body">): HeaderLines => [
  ["content-length", String(Buffer.byteLength(body))]
]

/** The head of a delivery without its length. */
export const deliveryHead = ({ headers }: SignedDelivery, ...more: ReadonlyArray<HeaderLines>): string =>
  rawHead("POST /webhook/gitea HTTP/1.1", [["host", "coordinator.test"], ...Object.entries(headers), ...more.flat()])

/** A delivery as the bytes of its request, after which the connection is to be closed unless `more` ends otherwise. */
export const rawDelivery = (delivery: SignedDelivery, more: HeaderLines = CLOSE): Buffer =>
  Buffer.concat([Buffer.from(deliveryHead(delivery, lengthOf(delivery), more)), Buffer.from(delivery.body)])

/** One chunk of a body in chunked encoding; an empty one ends it. */
export const rawChunk = (bytes: string | Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${Buffer.byteLength(bytes).toString(16)}\r\n`), Buffer.from(bytes), Buffer.from("\r\n")])
