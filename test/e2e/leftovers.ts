import assert from 'node:assert/strict'
import { pollUntil } from '#deploy/local/poll-until.ts'
import { pinsOf, rpc } from './content.ts'
import type { Pipeline } from './pipeline.ts'

/** The empty UnixFS directory, which `ipfs init` pins. */
export const emptyDirectory = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'

/**
 * Waits until nothing is left of finished jobs: no staged object, no open upload, no pin and no peering in the fetcher's
 * IPFS node.
 */
export async function nothingIsLeft({ storage, buckets, kubo }: Pipeline): Promise<void> {
  const probe = async () => {
    const left = {
      staged: await Array.fromAsync(storage.list(buckets.staging, '')),
      stagingUploads: await Array.fromAsync(storage.listOpenUploads(buckets.staging, '')),
      carUploads: await Array.fromAsync(storage.listOpenUploads(buckets.cars, '')),
      pins: (await pinsOf(kubo)).filter(cid => cid !== emptyDirectory),
      peerings: JSON.parse(await rpc(kubo, 'swarm/peering/ls')).Peers ?? [],
    }
    assert.deepEqual(left, { staged: [], stagingUploads: [], carUploads: [], pins: [], peerings: [] })
  }
  await pollUntil(probe, { what: 'a clean end', timeoutMs: 10_000 })
}
