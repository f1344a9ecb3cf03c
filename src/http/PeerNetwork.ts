import { Option, Result } from "effect"
import { NetAddress } from "effect/net"

const UNKNOWN = "unknown"
const NETWORK_SEGMENTS = 4

/** The first 64 bits: whoever has one address of such a network usually has all of them. */
const networkOf = (address: NetAddress.Ipv6Address): string =>
  NetAddress.ipv6ToSegments(address)
    .slice(0, NETWORK_SEGMENTS)
    .map((segment) => segment.toString(16))
    .join(":")

/** Who a socket peer counts as: an IPv4 address, however it is written, or the /64 network of an IPv6 address. */
export const peerNetwork = (peer: Option.Option<string>): string =>
  Option.match(peer, {
    onNone: () => UNKNOWN,
    onSome: (text) =>
      NetAddress.ipFromString(text.replace(/%.*$/, "")).pipe(
        Result.map((address) =>
          NetAddress.match(NetAddress.toCanonical(address), {
            onIpv4: NetAddress.formatIp,
            onIpv6: networkOf
          })
        ),
        Result.getOrElse(() => UNKNOWN)
      )
  })
