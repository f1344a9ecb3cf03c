import { assert, describe, it } from "@effect/vitest"
import {
  appended,
  blank,
  compacted,
  COUNT_FROM,
  counted,
  cut,
  needsCount,
  replied,
  streamed,
  unmeasured,
  usageOf
} from "../../src/context/Meter.ts"
import { compaction, reply, usage } from "../harness/Models.ts"

const LIMIT = 1_000
const filled = (tokens: number) => replied(unmeasured, reply("Done.", { usage: usage(tokens, 0) }), 5)

describe("Meter", () => {
  it("knows nothing at first, and nothing is not zero", () => {
    assert.isNull(usageOf(unmeasured, LIMIT))
  })

  it("has nothing to count before anything was said", () => {
    assert.isNull(usageOf(blank, LIMIT))
    assert.isFalse(needsCount(blank, LIMIT))
    assert.isTrue(needsCount(appended(blank, 4, 1), LIMIT))
  })

  it("takes a reply as exact", () => {
    const meter = replied(unmeasured, reply("Done.", { usage: usage(100, 10) }), 5)
    const measured = usageOf(meter, LIMIT)
    assert.deepInclude(measured, { used: 110, limit: LIMIT, source: "reply", at: 5 })
    assert.isFalse(needsCount(filled(900), LIMIT))
  })

  it("takes a reply whose figures are no size as unknown", () => {
    const meter = replied(filled(500), compaction("A summary."), 6)
    assert.isNull(usageOf(meter, LIMIT))
    assert.isTrue(needsCount(meter, LIMIT))
  })

  it("adds an estimate of what was appended", () => {
    const meter = appended(filled(100), 30, 7)
    assert.deepInclude(usageOf(meter, LIMIT), { used: 130, source: "estimate", at: 7 })
    assert.strictEqual(meter.version, filled(100).version + 1)
  })

  it("stays unknown when something is appended to the unknown", () => {
    assert.isNull(usageOf(appended(unmeasured, 4, 7), LIMIT))
  })

  it("follows a reply as it streams, and ends exact", () => {
    const first = streamed(filled(100), 300, 8)
    assert.deepInclude(usageOf(first, LIMIT), { used: 300, source: "stream", at: 8 })
    const later = streamed(first, 350, 9)
    assert.deepInclude(usageOf(later, LIMIT), { used: 350, source: "stream", at: 9 })
    const done = replied(later, reply("Done.", { usage: usage(300, 60) }), 10)
    assert.deepInclude(usageOf(done, LIMIT), { used: 360, source: "reply", at: 10 })
    assert.isFalse(done.streaming)
  })

  it("is unknown after a stream that was cut, and no other time", () => {
    const after = cut(streamed(filled(900), 950, 8))
    assert.isNull(usageOf(after, LIMIT))
    assert.isTrue(needsCount(after, LIMIT))
    assert.deepStrictEqual(cut(filled(900)), filled(900))
  })

  it("is unknown after a compaction until it is counted", () => {
    const after = compacted(filled(900))
    assert.isNull(usageOf(after, LIMIT))
    assert.isTrue(needsCount(after, LIMIT))
    const then = counted(after, after.version, 120, 9)
    assert.deepInclude(usageOf(then, LIMIT), { used: 120, source: "count", at: 9 })
  })

  it("lets a count that is late change nothing", () => {
    const asked = appended(filled(700), 2, 6)
    const moved = appended(asked, 3, 7)
    assert.deepStrictEqual(counted(moved, asked.version, 1, 8), moved)
    const compactedSince = compacted(asked)
    assert.deepStrictEqual(counted(compactedSince, asked.version, 990, 8), compactedSince)
    const repliedSince = replied(asked, reply("Done."), 7)
    assert.deepStrictEqual(counted(repliedSince, asked.version, 990, 8), repliedSince)
    const streaming = streamed(asked, 800, 7)
    assert.deepStrictEqual(counted(streaming, asked.version, 1, 8), streaming)
  })

  it("counts what is unknown, and an estimate from 70 % on", () => {
    assert.strictEqual(COUNT_FROM, 0.7)
    assert.isTrue(needsCount(unmeasured, LIMIT))
    assert.isFalse(needsCount(appended(filled(698), 1, 6), LIMIT))
    assert.isTrue(needsCount(appended(filled(699), 1, 6), LIMIT))
  })

  it("counts no history twice, and none while a reply streams", () => {
    const estimate = appended(filled(900), 2, 6)
    const exact = counted(estimate, estimate.version, 905, 7)
    assert.isFalse(needsCount(exact, LIMIT))
    assert.isTrue(needsCount(appended(exact, 2, 8), LIMIT))
    assert.isFalse(needsCount(streamed(estimate, 950, 7), LIMIT))
  })
})
