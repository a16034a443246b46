import type { LiveNode } from '#libs/bus/index.ts'
import { clusterVersion } from './cluster-version.ts'
import type { VirtualPeer } from './global-pin-info.ts'

/**
 * The one peer that clients see: `ID` of ipfs-cluster (api/types.go), in its field order.
 *
 * It has no addresses: those of `ID` are libp2p addresses of a cluster peer, and nothing of ours answers there. Its
 * IPFS node is the first of the live ones by peer id. While there is none, both errors say so, as with ipfs-cluster
 * when its daemon is away (cluster.go, `ID`); pins are accepted all the same.
 */
export function clusterId(peer: VirtualPeer, [node]: readonly LiveNode[]) {
  const error = node ? '' : 'no IPFS node is in use: no fetcher has announced one within the last minute'
  return {
    id: peer.id,
    addresses: [],
    cluster_peers: [peer.id],
    cluster_peers_addresses: [],
    version: clusterVersion,
    commit: '',
    rpc_protocol_version: '/ipfscluster/1.0/rpc',
    error,
    ipfs: node ? { id: node.peerId, addresses: node.addresses, error } : { addresses: [], error },
    peername: peer.name,
  }
}
