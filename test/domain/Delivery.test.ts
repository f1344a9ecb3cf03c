import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DeliveryId } from "../../src/domain/Delivery.ts"

describe("DeliveryId", () => {
  it.each(["f6266f16-1bf3-46a5-9ea4-602e06ead473", "x", "a".repeat(100)])("may be %s", (id) => {
    assert.isTrue(Schema.is(DeliveryId)(id))
  })

  it.each(["", "a b", "a\n", "é", "a\u0000", "a".repeat(101)])("may not be %j", (id) => {
    assert.isFalse(Schema.is(DeliveryId)(id))
  })
})
