import { randomBytes } from 'node:crypto'

import { CID } from 'multiformats/cid'

import type { KuboNode } from './kubo-node.ts'

/** A file of random bytes in `node`: a root and its leaves, in order, as canonical CIDs. Not pinned. */
export async function addRandomDag(
  { client }: KuboNode,
  { leaves, leafBytes = 262_144 }: { leaves: number; leafBytes?: number },
): Promise<{ root: string; leaves: string[] }> {
  const { cid } = await client.add(randomBytes(leaves * leafBytes), {
    cidVersion: 1,
    rawLeaves: true,
    chunker: `size-${leafBytes}`,
    pin: false,
  })
  const links = await Array.fromAsync(client.refs(cid))
  return { root: cid.toString(), leaves: links.map(({ ref }) => ref) }
}

/** Deletes one block from the node, so that the DAG has a hole. */
export async function removeBlock({ client }: KuboNode, cid: string): Promise<void> {
  for await (const { error } of client.block.rm(CID.parse(cid))) if (error) throw error
}
