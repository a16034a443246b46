import { existsSync } from 'node:fs'
import { CliError, exitCodes } from './cli-error.ts'
import { type CliDeps, defineCommand } from './command.ts'
import { readCid } from './find-pin.ts'
import { followPin } from './follow-pin.ts'
import type { PinRequest, PinStatus } from './pin-status.ts'
import { formatPinLine } from './pin-text.ts'
import type { PinningApi } from './pinning-api.ts'
import { requireOperands } from './read-arguments.ts'
import { readMeta } from './read-meta.ts'
import { serverOptions } from './server.ts'
import { uploadPath } from './upload-path.ts'

/** Servers take up to 1000, or what their operator says. */
const MAX_BATCH = 100

/** `pickup add` */
export const addCommand = defineCommand({
  name: 'add',
  summary: 'pin CIDs, or files and directories of this machine',
  operands: 'CID|PATH...',
  details: `A PATH is a file, a directory or a CAR (*.car). It is sent to POST /add of the server's ipfs-cluster API, which needs
its user and password (--cluster-auth); that API has a pin of its own for it then, beside the one that is shown here.
A file whose name is a CID needs "./" before it. With --wait it exits with 1 if a pin fails.`,
  examples: [
    ['add bafybeib... --wait', 'pin a CID of the IPFS network and watch it'],
    ['add bafybeib... --origin /dns4/me.example/tcp/4001/p2p/12D3Koo...', 'fetch it from there'],
    ['add ./photos --name photos --meta year=2026', 'add a directory'],
    ['add backup.car --wait', 'store a CAR as it is, checked by the server'],
  ],
  options: {
    ...serverOptions,
    name: { type: 'string', value: 'TEXT', help: 'name of the pins' },
    origin: { type: 'string', multiple: true, value: 'MULTIADDR', help: 'where the data is, with /p2p/PEER' },
    meta: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'metadata of the pins' },
    wait: { type: 'boolean', short: 'w', help: 'watch until each is pinned or has failed' },
    hidden: { type: 'boolean', help: 'files in a directory whose names begin with a dot, too' },
    'cluster-auth': {
      type: 'string',
      value: 'USER:PASSWORD',
      help: 'of the ipfs-cluster API, to add files (PICKUP_CLUSTER_AUTH)',
    },
  },
  async run({ values, operands }, deps) {
    requireOperands(operands, 'a CID or a path', { max: Number.POSITIVE_INFINITY })
    const meta = readMeta(values.meta)
    const sources = operands.map(readSource)
    const server = await deps.findServer(values)
    const api = await deps.connect(values)
    const request = {
      ...(values.name === undefined ? {} : { name: values.name }),
      ...(values.origin.length === 0 ? {} : { origins: values.origin }),
      ...(values.meta.length === 0 ? {} : { meta }),
    }
    const accept = async (cids: readonly string[]) =>
      acceptPins(
        api,
        cids.map(cid => ({ cid, ...request })),
        deps,
        values.wait,
      )
    const added = await accept(sources.flatMap(({ cid }) => cid ?? []))
    for (const { path } of sources) {
      if (path === undefined) continue
      const cid = await uploadPath(path, { server, name: values.name, hidden: values.hidden }, deps)
      // At once: what is in the store is in the list, too, whatever becomes of the next path.
      added.push(...(await accept([cid])))
    }
    return values.wait ? await waitForAll(added, api, deps) : exitCodes.ok
  },
})

type Source = { cid: string; path?: never } | { cid?: never; path: string }

function readSource(operand: string): Source {
  const cid = readCid(operand)
  if (cid) return { cid }
  if (existsSync(operand)) return { path: operand }
  throw new CliError('usage', `"${operand}" is neither a CID nor a file or directory here`)
}

type Deps = Pick<CliDeps, 'output' | 'signal'>

async function acceptPins(
  api: Pick<PinningApi, 'add'>,
  requests: readonly PinRequest[],
  { output }: Deps,
  willWait: boolean,
): Promise<PinStatus[]> {
  const added: PinStatus[] = []
  for (let start = 0; start < requests.length; start += MAX_BATCH) {
    const batch = await api.add(requests.slice(start, start + MAX_BATCH))
    added.push(...batch)
    // Programs that wait hear of each change, of which the first is this.
    if (!(willWait && output.json)) for (const status of batch) output.result(status, formatPinLine(status))
  }
  return added
}

/** One after the other, while the server works on all. */
async function waitForAll(
  added: readonly PinStatus[],
  api: Pick<PinningApi, 'events'>,
  { output, signal }: Deps,
): Promise<number> {
  let failed = 0
  for (const { requestid } of added) {
    const { status } = await followPin(requestid, { api, output, signal })
    if (status === 'failed') failed++
  }
  return failed > 0 ? exitCodes.failed : exitCodes.ok
}
