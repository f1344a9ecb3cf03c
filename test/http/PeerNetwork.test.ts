import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { peerNetwork } from "../../src/http/PeerNetwork.ts"

describe("peerNetwork", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::ffff:c000:207", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::", "2001:db8:1:2"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2"],
    ["2001:db8:1:3::1", "2001:db8:1:3"],
    ["::1", "0:0:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["not an address", "unknown"]
  ])("takes %s for %s", (peer, network) => {
    assert.strictEqual(peerNetwork(Option.some(peer)), network)
  })

  it("takes all whose socket names nobody for one", () => {
    assert.strictEqual(peerNetwork(Option.none()), "unknown")
  })
})
