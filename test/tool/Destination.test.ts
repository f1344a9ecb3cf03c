import { assert, describe, it } from "@effect/vitest"
import { destinationOf, isListed, isPublic } from "../../src/tool/proxy/Destination.ts"

const PUBLIC = "1.1.1.1 104.16.0.1 2606:4700::1111".split(" ")
const NOT_PUBLIC = (
  "127.0.0.1 10.0.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 198.18.0.1 " +
  "::1 :: fe80::1 fd00::1 ff02::1 ::ffff:127.0.0.1 ::ffff:7f00:1 64:ff9b::7f00:1 2002:7f00:1:: 2001:db8::1 localhost"
).split(" ")

describe("Destination", () => {
  it.each([
    ["CONNECT registry.npmjs.org:443 HTTP/1.1\r\nhost: x\r\n", "registry.npmjs.org"],
    ["CONNECT Registry.NPMjs.org.:443 HTTP/1.1\r\n", "registry.npmjs.org"],
    ["CONNECT a.b:80 HTTP/1.1\r\n", null],
    ["CONNECT 127.0.0.1:443 HTTP/1.1\r\n", null],
    ["CONNECT [::1]:443 HTTP/1.1\r\n", null],
    ["GET http://a.b/ HTTP/1.1\r\n", null],
    ["CONNECT a.b:443\r\n", null]
  ])("of %j is %s", (head, host) => {
    assert.strictEqual(destinationOf(head), host)
  })

  it.each([
    ["a.example.com", ["*.example.com"], true],
    ["example.com", ["*.example.com"], false],
    ["badexample.com", ["*.example.com"], false],
    ["example.com", ["example.com"], true],
    ["example.com.evil.org", ["example.com"], false],
    ["example.com", [], false]
  ] as const)("%s is listed in %j: %s", (host, hosts, expected) => {
    assert.strictEqual(isListed(host, hosts), expected)
  })

  it.each(PUBLIC)("%s is on the internet", (address) => {
    assert.isTrue(isPublic(address))
  })

  it.each(NOT_PUBLIC)("%s is not", (address) => {
    assert.isFalse(isPublic(address))
  })
})
