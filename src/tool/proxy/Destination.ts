import { BlockList, isIP, isIPv4 } from "node:net"

/** The only port that `setup` may reach. */
const PORT = "443"

/** Not the internet: private, loopback, link-local, shared, documentation, benchmarks, multicast and reserved. */
const NOT_PUBLIC: ReadonlyArray<readonly [address: string, bits: number]> = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
  // Of IPv6 only 2000::/3 is given out; in it, what carries an IPv4 address or is for documents.
  ["::", 3],
  ["4000::", 2],
  ["8000::", 1],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20]
]

/** One for each version: in a common one each IPv4 address counts as an IPv6 one too. */
const blocked = { ipv4: new BlockList(), ipv6: new BlockList() }
for (const [address, bits] of NOT_PUBLIC) {
  const version = isIPv4(address) ? "ipv4" : "ipv6"
  blocked[version].addSubnet(address, bits, version)
}

/** Whether an address belongs to the internet, and not to this machine or its networks. False for what is no address. */
export const isPublic = (address: string): boolean => {
  if (isIP(address) === 0) return false
  const version = isIPv4(address) ? "ipv4" : "ipv6"
  return !blocked[version].check(address, version)
}

/** The host that a request of a client is for: its first line. Null for all but `CONNECT <name>:443`; an address is no name. */
export const destinationOf = (head: string): string | null => {
  const [, host, port] = /^CONNECT ([a-z\d.-]+):(\d+) HTTP\/1\.[01]\r?\n/i.exec(head) ?? []
  return host === undefined || port !== PORT || isIP(host) !== 0 ? null : host.toLowerCase().replace(/\.$/, "")
}

/** Whether a name is in the list; `*.example.com` is everything below it, and not itself. */
export const isListed = (host: string, hosts: ReadonlyArray<string>): boolean =>
  hosts.some((listed) => (listed.startsWith("*.") ? host.endsWith(listed.slice(1)) : host === listed))
