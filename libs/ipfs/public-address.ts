import { BlockList, isIP } from 'node:net'

/** Not globally reachable, from the IANA IPv4 Special-Purpose Address Registry, and multicast (RFC 5771). */
const specialIpv4 = [
  '0.0.0.0/8', // this network, unspecified
  '10.0.0.0/8', // private (RFC 1918)
  '100.64.0.0/10', // carrier-grade NAT (RFC 6598)
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local, cloud metadata
  '172.16.0.0/12', // private (RFC 1918)
  '192.0.0.0/24', // IETF protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // former 6to4 relays
  '192.168.0.0/16', // private (RFC 1918)
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
]

/** The only part of IPv6 that is assigned for global unicast (RFC 4291 section 2.4). */
const globalIpv6 = '2000::/3'

/** Parts of it that are not: from the IANA IPv6 Special-Purpose Address Registry. */
const specialIpv6 = [
  '2001::/23', // IETF protocol assignments, Teredo: may embed an IPv4 address
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: embeds an IPv4 address
  '3fff::/20', // documentation
]

const special = blockList([...specialIpv4, ...specialIpv6])
const global = blockList([globalIpv6])

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/')
    list.addSubnet(network, Number(prefix), isIP(network) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

/**
 * True for an IP address that every host on the Internet can reach. IPv4 in IPv6 notation is judged as not public,
 * whatever it holds: on the wire it is no address of its own. False for text that is not an IP address.
 */
export function isPublicIp(address: string): boolean {
  const version = isIP(address)
  if (version === 4) return !special.check(address, 'ipv4')
  // A zone index, as in `fe80::1%eth0`, only makes sense on the own link.
  if (version !== 6 || address.includes('%')) return false
  return global.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

/** Suffixes that never leave the own network: RFC 6761, 6762, 8375, ICANN's reserved `.internal`, and `.localdomain`. */
const localSuffixes = new Set([
  'localhost',
  'local',
  'internal',
  'arpa',
  'localdomain',
  'lan',
  'home',
  'corp',
])

/**
 * True for a DNS name that can belong to a host on the Internet. Where it points is not looked up: the answer may
 * differ when the node asks, so the node needs address filters of its own (Kubo `Swarm.AddrFilters`).
 * Names of one label are refused because resolvers complete them within the own network, names that end in a number
 * because some resolvers read them as an IPv4 address, as in `127.1` or `0x7f000001`.
 */
export function isPublicDnsName(name: string): boolean {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.')
  const last = labels.at(-1) ?? ''
  if (labels.length < 2 || labels.includes('')) return false
  return !localSuffixes.has(last) && !/^(\d+|0x[\da-f]*)$/.test(last)
}
