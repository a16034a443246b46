import { openAsBlob } from 'node:fs'
import { DemoError } from './demo-error.ts'
import { callKubo, type DagSize, formOf } from './kubo-rpc.ts'

type ImportLine = {
  Root?: { Cid: { '/': string }; PinErrorMsg: string }
  Stats?: { BlockCount: number; BlockBytesCount: number }
}

/**
 * Imports a CAR file and pins its root, for which an offline node needs every block of the DAG. Resolves with what the
 * file held. Throws {@link DemoError} when the node does not pin `root`.
 */
export async function importCar(
  apiUrl: string,
  { file, root, signal }: { file: string; root: string; signal: AbortSignal },
): Promise<DagSize> {
  const lines = await callKubo<ImportLine>(apiUrl, 'dag/import', {
    signal,
    parameters: [
      ['pin-roots', 'true'],
      ['stats', 'true'],
    ],
    body: formOf(await openAsBlob(file)),
  })
  const pinned = lines.find(({ Root }) => Root?.Cid['/'] === root)?.Root
  if (!pinned) throw new DemoError(`the IPFS node found no root ${root} in the CAR`)
  if (pinned.PinErrorMsg) throw new DemoError(`the IPFS node did not pin ${root}: ${pinned.PinErrorMsg}`)
  const stats = lines.find(({ Stats }) => Stats)?.Stats
  if (!stats) throw new DemoError('the IPFS node did not tell what it imported')
  return { blocks: stats.BlockCount, bytes: stats.BlockBytesCount }
}
