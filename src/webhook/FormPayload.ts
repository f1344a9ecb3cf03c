import { Result } from "effect"
import { unauthorized } from "./Refusal.ts"
import type { Refusal } from "./Refusal.ts"

const FIELD = new TextEncoder().encode("payload=")
const [AMPERSAND, PERCENT, PLUS, SPACE] = new TextEncoder().encode("&%+ ")

const notOnePayload = unauthorized("The form is not one payload field, so there is nothing that was signed")

const isOnePayload = (form: Uint8Array): boolean =>
  FIELD.every((byte, index) => form[index] === byte) && !form.includes(AMPERSAND ?? 0)

const hexDigits = (form: Uint8Array, index: number): number =>
  Number.parseInt(/^[0-9a-f]{2}$/i.exec(String.fromCharCode(...form.subarray(index + 1, index + 3)))?.[0] ?? "", 16)

/** As the URL standard decodes a form, but to bytes: text would lose those that are not UTF-8, and with them what was signed. */
const unescape = (form: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(form.length)
  let length = 0
  for (let index = 0; index < form.length; index++) {
    const byte = form[index] ?? 0
    const escaped = byte === PERCENT ? hexDigits(form, index) : NaN
    if (!Number.isNaN(escaped)) index += 2
    bytes[length++] = Number.isNaN(escaped) ? (byte === PLUS ? (SPACE ?? 0) : byte) : escaped
  }
  return bytes.subarray(0, length)
}

/**
 * The bytes that were signed of a delivery in form encoding. Gitea signs the JSON text and sends it as the one field `payload`
 * (services/webhook/deliver.go, `newDefaultRequest`), where GitHub signs the form. Any other form is a 401.
 */
export const payloadOf = (form: Uint8Array): Result.Result<Uint8Array, Refusal> =>
  isOnePayload(form) ? Result.succeed(unescape(form.subarray(FIELD.length))) : Result.fail(notOnePayload)
