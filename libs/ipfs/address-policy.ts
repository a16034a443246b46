import { type Component, type Multiaddr, multiaddr } from '@multiformats/multiaddr'

import { isPublicDnsName, isPublicIp } from './public-address.ts'

/** An origin that may be dialled, or the reason why not. */
export type JudgedOrigin = { peerId: string; address: Multiaddr } | { reason: string }

/** Where a node can be asked to go. The first part of an address has to be one of these. */
const networkProtocols = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6', 'dnsaddr', 'p2p'])

/**
 * Judges a multiaddr that a stranger gave. It must name its peer at the end (`/p2p/…`), not be ourselves and,
 * unless `allowPrivate`, hold no address of a private network in any of its parts, those of a relay included.
 * Total: any text gives a result.
 */
export function judgeOrigin(
  origin: string,
  { allowPrivate, ownPeerId }: { allowPrivate: boolean; ownPeerId: string },
): JudgedOrigin {
  let address: Multiaddr
  try {
    // Through bytes and back: only that checks every part, and gives each peer id its one usual notation.
    address = multiaddr(multiaddr(origin).bytes)
  } catch (error) {
    return { reason: `not a valid multiaddr: ${error instanceof Error ? error.message : String(error)}` }
  }
  const parts = address.getComponents()
  const [first] = parts
  const last = parts.at(-1)
  if (last?.name !== 'p2p' || last.value === undefined) return { reason: 'does not end in /p2p/<peer id>' }
  if (first === undefined || !networkProtocols.has(first.name))
    return { reason: 'not an address of a network' }
  if (last.value === ownPeerId) return { reason: 'the address of this node itself' }
  if (!allowPrivate && !parts.every(isPublicPart)) return { reason: 'an address of a private network' }
  return { peerId: last.value, address }
}

function isPublicPart({ name, value = '' }: Component): boolean {
  switch (name) {
    case 'ip4':
    case 'ip6':
      return isPublicIp(value)
    case 'dns':
    case 'dns4':
    case 'dns6':
    case 'dnsaddr':
      return isPublicDnsName(value)
    case 'ip6zone':
    case 'ipcidr':
    case 'unix':
    case 'memory':
      return false
    default:
      return true
  }
}
