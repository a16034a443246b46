import type { LiveNode } from '#libs/bus/index.ts'
import { judgeOrigin } from '#libs/ipfs/index.ts'

type Deps = {
  liveNodes: () => LiveNode[]
  /** Given out as they are: the operator knows why. */
  configured: readonly string[]
  /** Whether clients can reach private and loopback addresses. */
  allowPrivate: boolean
  /** Names the address that is given out when there is no other. */
  peerId: string
}

/** Addresses for the client to connect to, 1 to 20, each once and with `/p2p/<peer id>` at its end. */
export type Delegates = () => string[]

const maxDelegates = 20
const maxPerNode = 3

/**
 * The addresses of the IPFS nodes that are in use now. Clients dial one after the other before they go on, so there
 * are few of each node, the ones that most clients reach first; and no UDP ones, because a dead one costs Kubo 5 s
 * while a dead TCP one costs it nothing. The first addresses of all nodes come before the second of any: whichever
 * node gets the job should know the client.
 *
 * The specification knows no answer without delegates. With no live node they are the last ones known, and before any
 * was known an address that leads nowhere and costs no time (`.invalid`, RFC 6761 section 6.4).
 */
export function createDelegates({ liveNodes, configured, allowPrivate, peerId }: Deps): Delegates {
  const nowhere = `/dns4/no-ipfs-node-is-live.invalid/tcp/4001/p2p/${peerId}`
  let known: string[] = []
  let knownBy = ''
  return () => {
    const nodes = liveNodes()
    const by = nodes.map(node => `${node.peerId} ${node.announcedAt.getTime()}`).join()
    if (by !== '' && by !== knownBy) {
      knownBy = by
      const found = addressesOf(nodes, allowPrivate)
      // A node that nobody can dial is no better than none.
      if (found.length > 0) known = found
    }
    const all = [...known.slice(0, maxDelegates - configured.length), ...configured]
    return all.length > 0 ? [...new Set(all)] : [nowhere]
  }
}

function addressesOf(nodes: readonly LiveNode[], allowPrivate: boolean): string[] {
  const chosen = nodes.map(node => chooseAddresses(node, allowPrivate))
  const rounds = Array.from({ length: maxPerNode }, (_, round) =>
    chosen.flatMap(addresses => addresses[round] ?? []),
  )
  return rounds.flat()
}

/** In the order in which they are given out; of each kind a node has one. */
const kinds = ['tcp', 'browser', 'private', 'tcp6', 'loopback', 'relayed'] as const
type Kind = (typeof kinds)[number]

function chooseAddresses({ peerId, addresses }: LiveNode, allowPrivate: boolean): string[] {
  const byKind = new Map<Kind, string>()
  for (const address of addresses) {
    const kind = kindOf(address, peerId)
    if (kind && !byKind.has(kind)) byKind.set(kind, address)
  }
  const usable = kinds.filter(kind => allowPrivate || (kind !== 'private' && kind !== 'loopback'))
  // By way of a relay only where there is no other.
  const direct = usable.filter(kind => kind !== 'relayed').flatMap(kind => byKind.get(kind) ?? [])
  const relayed = byKind.get('relayed')
  return (direct.length > 0 || !relayed ? direct : [relayed]).slice(0, maxPerNode)
}

function kindOf(text: string, peerId: string): Kind | undefined {
  const judged = judgeOrigin(text, { allowPrivate: true, ownPeerId: '' })
  if (!('address' in judged) || judged.peerId !== peerId) return undefined
  const [network, ...parts] = judged.address.getComponents()
  const transport = parts
    .map(({ name }) => name)
    .slice(0, -1)
    .join('/')
  const isPublic = 'address' in judgeOrigin(text, { allowPrivate: false, ownPeerId: '' })
  if (/^tcp\/(wss|tls\/(sni\/)?ws)$/.test(transport)) return isPublic ? 'browser' : undefined
  if (transport === 'tcp/p2p/p2p-circuit') return isPublic ? 'relayed' : undefined
  if (transport !== 'tcp') return undefined
  if (isPublic) return network?.name === 'ip6' ? 'tcp6' : 'tcp'
  return /^(127\.|::1$)/.test(network?.value ?? '') ? 'loopback' : 'private'
}
