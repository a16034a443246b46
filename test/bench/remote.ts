import { parseArgs } from 'node:util'
import { request } from 'undici'
import { rpc } from '../e2e/content.ts'
import type { Pipeline } from '../e2e/pipeline.ts'
import { type FarProvider, startFarProvider } from './far-provider.ts'
import { freeSpace } from './free-space.ts'
import { kibibyte, type MadeFile, makeFile, mebibyte } from './made-file.ts'
import { pinAndCheck } from './pin-and-check.ts'
import { compare, type Figures, type Pair, type Row } from './report.ts'
import { runOnPipeline } from './run-on-pipeline.ts'
import { whenUploaded } from './when-uploaded.ts'

/*
 * A DAG that only a far peer has, from POST to `pinned`, beside what the old worker called, and beside Kubo's own pin,
 * which neither checks nor stores a CAR. Kubo is connected to the peer before the clock runs. Each fetches a DAG of its own.
 *
 * Usage: node test/bench/remote.ts [--mib 64] [--block-kib 256] [--round-trip-ms 50,100] [--runs 5]
 */
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '64' },
    'block-kib': { type: 'string', default: '256' },
    'round-trip-ms': { type: 'string', default: '50,100' },
    runs: { type: 'string', default: '5' },
  },
})
const size = { bytes: Number(values.mib) * mebibyte, blockBytes: Number(values['block-kib']) * kibibyte }

const figuresOf = (seconds: number): Figures => ({ 'MB/s': size.bytes / 1e6 / seconds, s: seconds })

async function timed(run: () => Promise<unknown>): Promise<Figures> {
  const startedAt = performance.now()
  await run()
  return figuresOf((performance.now() - startedAt) / 1_000)
}

async function pinFrom(pipeline: Pipeline, { origin }: FarProvider, file: MadeFile): Promise<Figures> {
  const uploaded = whenUploaded(pipeline, file.cid)
  const startedAt = performance.now()
  const { seconds } = await pinAndCheck(pipeline, file, [origin])
  return { ...figuresOf(seconds), 's to staging': ((await uploaded) - startedAt) / 1_000 }
}

async function exportFrom({ kubo }: Pipeline, { cid }: MadeFile): Promise<void> {
  const { username, password, origin } = new URL(kubo.apiUrl)
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const { statusCode, body } = await request(`${origin}/api/v0/dag/export?arg=${cid}`, {
    method: 'POST',
    headers: { authorization },
    bodyTimeout: 0,
  })
  let bytes = 0
  for await (const chunk of body) bytes += chunk.length
  if (statusCode !== 200 || bytes < size.bytes) throw new Error(`dag/export gave ${bytes} bytes`)
}

async function measure(pipeline: Pipeline, roundTripMs: number): Promise<Row[]> {
  await using provider = await startFarProvider(pipeline, `provider-${roundTripMs}`, roundTripMs)
  const besideExport: Pair[] = []
  const besidePin: Pair[] = []
  for (let run = 0; run < Number(values.runs); run++) {
    const [ours, exported, pinned] = [
      await makeFile(provider.node, size),
      await makeFile(provider.node, size),
      await makeFile(provider.node, size),
    ]
    const pickup = await pinFrom(pipeline, provider, ours)
    besidePin.push({ pickup, against: await timed(() => rpc(pipeline.kubo, `pin/add?arg=${pinned.cid}`)) })
    besideExport.push({ pickup, against: await timed(() => exportFrom(pipeline, exported)) })
    await rpc(pipeline.kubo, `pin/rm?arg=${pinned.cid}`)
    await freeSpace(pipeline)
  }
  const work = `pin ${values.mib} MiB of ${values['block-kib']} KiB blocks from a peer ${roundTripMs} ms away`
  const bench = 'remote'
  return [
    compare({ bench, work, target: { atLeast: 10 } }, '`dag/export` alone', besideExport, ['MB/s', 's']),
    compare({ bench, work, target: { atMost: 1.1 } }, '`pin/add` alone', besidePin, ['s', 's to staging']),
  ]
}

await runOnPipeline(async pipeline => {
  const rows: Row[] = []
  for (const roundTripMs of values['round-trip-ms'].split(',').map(Number))
    rows.push(...(await measure(pipeline, roundTripMs)))
  return rows
})
