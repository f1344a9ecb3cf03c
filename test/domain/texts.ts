import { Arbitrary, Schema } from "effect"

export const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

const pieces = Arbitrary.array(
  Arbitrary.schema(
    Schema.Union([
      Schema.Literals(["must", "only", "\n", "=", "========", "\n- [ ] ", "\u{1f5a8}", "\r\n"]),
      Schema.String
    ])
  ),
  { maxLength: 3 }
)

const repeated = (times: ReadonlyArray<number>) =>
  Arbitrary.map(Arbitrary.all([pieces, Arbitrary.schema(Schema.Literals(times))]), ([parts, count]) =>
    parts.join("").toWellFormed().repeat(count)
  )

/** Short texts of strangers, of letters, lines, runs of `=` and characters of two halves. */
export const shortText = repeated([1, 1, 40])

/** The same, up to much more than fits anywhere. */
export const anyText = repeated([1, 1, 40, 3_000, 20_000])
