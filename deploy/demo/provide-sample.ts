import { formatBytes, formatCount, formatDuration } from '../terminal/human-units.ts'
import type { Terminal } from '../terminal/terminal.ts'
import { connectToPickup, type ExtraNodes } from './extra-nodes.ts'
import { type DagSize, readDagSize } from './kubo-rpc.ts'
import type { PickupAccess } from './open-pickup.ts'
import { addSample, type Sample } from './sample-content.ts'

/** A sample on a running node, found at `multiaddrs`. `dag` is what that node counts. */
export type ProvidedSample = Sample & { multiaddrs: string[]; dag: DagSize }

type Provide = {
  nodes: ExtraNodes
  access: PickupAccess
  mib: number
  terminal: Terminal
  signal: AbortSignal
}

/** Puts the sample on an IPFS node of its own, where Pickup can find it. */
export async function provideSample(options: Provide): Promise<ProvidedSample> {
  const { nodes, access, mib, terminal, signal } = options
  terminal.step(`A sample of ${mib} MiB on a second IPFS node`)
  const node = await nodes.start('second-node', { offline: false })
  const startedAtMs = performance.now()
  const sample = await addSample(node.apiUrl, {
    mib,
    onProgress: bytes => terminal.progress(`adding  ${formatBytes(bytes)}`),
    signal,
  })
  const elapsed = formatDuration(performance.now() - startedAtMs)
  const dag = await readDagSize(node.apiUrl, sample.cid, signal)
  terminal.check(
    `${sample.files} files, ${formatBytes(sample.sizeBytes)} of random bytes, added in ${elapsed}`,
  )
  terminal.check(`root ${sample.cid}, ${formatCount(dag.blocks)} blocks`)
  if (!access.acceptsPrivateOrigins) {
    await connectToPickup(node, access, signal)
    terminal.check('connected to the IPFS node of Pickup, which does not dial private addresses')
  }
  return { ...sample, multiaddrs: node.multiaddrs, dag }
}
