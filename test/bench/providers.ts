import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Pipeline } from '../e2e/pipeline.ts'
import { type FarProvider, startFarProvider } from './far-provider.ts'
import { freeSpace } from './free-space.ts'
import { kibibyte, type MadeFile, makeFile, mebibyte } from './made-file.ts'
import { pinAndCheck } from './pin-and-check.ts'
import { compare, type Figures, type Pair } from './report.ts'
import { runOnPipeline } from './run-on-pipeline.ts'

/*
 * A DAG that several far peers have, from POST to `pinned`, beside one that only one of them has. All are connected.
 *
 * Usage: node test/bench/providers.ts [--mib 64] [--block-kib 256] [--round-trip-ms 50] [--providers 3] [--runs 5]
 */
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '64' },
    'block-kib': { type: 'string', default: '256' },
    'round-trip-ms': { type: 'string', default: '50' },
    providers: { type: 'string', default: '3' },
    runs: { type: 'string', default: '5' },
  },
})
const size = { bytes: Number(values.mib) * mebibyte, blockBytes: Number(values['block-kib']) * kibibyte }

/** The same new file for each of them. */
async function makeFor(providers: readonly FarProvider[]): Promise<MadeFile> {
  const seed = randomBytes(16)
  const files = await Promise.all(providers.map(({ node }) => makeFile(node, { ...size, seed })))
  const [file] = files
  if (!file || files.some(({ cid }) => cid !== file.cid)) throw new Error('the files differ')
  return file
}

async function pinFrom(pipeline: Pipeline, providers: readonly FarProvider[]): Promise<Figures> {
  const file = await makeFor(providers)
  const origins = providers.map(({ origin }) => origin)
  const { seconds } = await pinAndCheck(pipeline, file, origins)
  await freeSpace(pipeline)
  return { 'MB/s': size.bytes / 1e6 / seconds, s: seconds }
}

await runOnPipeline(async pipeline => {
  await using resources = new AsyncDisposableStack()
  const providers: FarProvider[] = []
  for (let i = 1; i <= Number(values.providers); i++) {
    const provider = await startFarProvider(pipeline, `provider-${i}`, Number(values['round-trip-ms']))
    providers.push(resources.use(provider))
  }
  const pairs: Pair[] = []
  for (let run = 0; run < Number(values.runs); run++)
    pairs.push({
      pickup: await pinFrom(pipeline, providers),
      against: await pinFrom(pipeline, providers.slice(0, 1)),
    })
  const work = `pin ${values.mib} MiB that ${providers.length} peers have, each ${values['round-trip-ms']} ms away`
  const row = { bench: 'providers', work, target: { atLeast: 2 } }
  return [compare(row, 'one such peer', pairs, ['MB/s', 's'])]
})
