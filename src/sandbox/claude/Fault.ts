import { ApiError } from "./ApiError.ts"

/** What a call asks for; `compact` is a `POST /v1/messages` with `compaction`. Faults and holds are set for one of them. */
export type Operation = "messages" | "compact" | "count_tokens" | "models"

/** Ends or spoils an answer after its first half. On an answer that is not streamed, all but `stall` cut the connection. */
export type StreamFault =
  /** The connection is cut. */
  | { readonly kind: "drop" }
  /** The stream ends properly, without `message_stop`. */
  | { readonly kind: "eof" }
  /** An `error` event (`overloaded_error`). */
  | { readonly kind: "sseError" }
  /** An event whose data is not JSON. */
  | { readonly kind: "sseGarbage" }
  /** Silence, until the client goes away. */
  | { readonly kind: "stall" }

/** What can go wrong with one call. */
export type ClaudeFault =
  | StreamFault
  | {
      readonly kind: "status"
      readonly status: number
      /** Default: the documented type of the status. */
      readonly type?: string
      /** `error.details.error_code`. */
      readonly code?: string
      readonly message?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** 200 with JSON that breaks off. */
  | { readonly kind: "malformed" }
  /** A proxy's HTML page. */
  | { readonly kind: "html"; readonly status: 200 | 502 }
  /** The connection is cut before the answer. */
  | { readonly kind: "reset" }
  /** A compaction that is billed and has no summary. Only for `compact`. */
  | { readonly kind: "emptyCompaction"; readonly stopReason: string }

/** Whether a fault lets the answer begin. */
export const isStreamFault = (fault: ClaudeFault): fault is StreamFault =>
  fault.kind === "drop" ||
  fault.kind === "eof" ||
  fault.kind === "sseError" ||
  fault.kind === "sseGarbage" ||
  fault.kind === "stall"

/** The error answer of a `status` fault. */
export const statusError = ({ status, type, code, message, headers }: ClaudeFault & { readonly kind: "status" }) =>
  new ApiError({
    status,
    message: message ?? `The call was told to fail with ${status}`,
    ...(type === undefined ? {} : { type }),
    ...(code === undefined ? {} : { code }),
    ...(headers === undefined ? {} : { headers })
  })
