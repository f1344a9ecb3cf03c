import { Layer, Tracer } from "effect"

/** Every transaction, which locks the store, and every statement that writes, by its text, as their spans tell. */
export const countedWrites = () => {
  const writes: Array<string> = []
  const note = ({ attributes, name }: Tracer.Span) => {
    const query = attributes.get("db.query.text")
    if (name === "sql.transaction") writes.push(name)
    if (typeof query === "string" && !/^\s*(select|with)\b/i.test(query)) writes.push(query)
  }
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      const end = span.end.bind(span)
      span.end = (...how) => {
        note(span)
        end(...how)
      }
      return span
    }
  })
  return { writes, layer: Layer.succeed(Tracer.Tracer, tracer) }
}
