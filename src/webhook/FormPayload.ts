import { Result } from "effect"
import { unauthorized } from "./WebhookProblem.ts"
import type { Problem } from "../http/Problem.ts"

const FIELD = new TextEncoder().encode("payload=")
const AMPERSAND = 0x26
const PERCENT = 0x25
const PLUS = 0x2b
const SPACE = 0x20

/** The value of every byte as a hexadecimal digit, NaN for all others. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => Number.parseInt(String.fromCharCode(byte), 16))

const digitAt = (form: Uint8Array, index: number): number => DIGITS[form[index] ?? 0] ?? NaN

/** As the URL standard decodes a form, but to bytes: as text those that are not UTF-8 would be lost, and what was signed with them. */
const unescape = (form: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(form.length)
  let length = 0
  for (let index = 0; index < form.length; index++) {
    const byte = form[index] ?? 0
    const escaped = byte === PERCENT ? digitAt(form, index + 1) * 16 + digitAt(form, index + 2) : NaN
    if (!Number.isNaN(escaped)) index += 2
    bytes[length++] = Number.isNaN(escaped) ? (byte === PLUS ? SPACE : byte) : escaped
  }
  return bytes.slice(0, length)
}

const isOnePayload = (form: Uint8Array): boolean =>
  FIELD.every((byte, index) => form[index] === byte) && !form.includes(AMPERSAND)

const notOnePayload = unauthorized("The form is not one payload field: there is nothing that could be signed")

/**
 * The bytes that were signed of a delivery in form encoding. Gitea signs the JSON text and sends it as the only field, `payload`
 * (services/webhook/deliver.go, `newDefaultRequest`), where GitHub signs the form. Any other form is a 401.
 */
export const payloadOf = (form: Uint8Array): Result.Result<Uint8Array, Problem> =>
  isOnePayload(form) ? Result.succeed(unescape(form.subarray(FIELD.length))) : Result.fail(notOnePayload)
