import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { runSuite, type SuiteRun } from '../clients/psa-suite-run.ts'
import { createPinningToken } from '../clients/psa-token.ts'
import { rpc } from './content.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'

const specFile = process.env['PSA_SPEC_FILE'] ?? ''
const skip =
  specFile === '' &&
  'NOT CHECKED against the official suite: PSA_SPEC_FILE does not name ipfs-pinning-service.yaml 1.0.0'
/** The suite sends one request a second and takes 50 s by itself; the first run installs it. */
const timeout = 400_000

test('the official compliance suite passes whole for a stranger, whose contents nobody has', {
  skip,
  timeout,
}, async () => {
  await using pipeline = await startPipeline()
  passesWhole(await run(pipeline))
  await nothingIsKept(pipeline)
})

test('the official compliance suite passes whole by the letter of the standard, with contents that are fetched', {
  skip,
  timeout,
}, async () => {
  await using pipeline = await startPipeline({ settings: { PSA_DEFAULT_STATUS: 'strict' } })
  const provider = await pipeline.startNode('provider')
  await rpc(pipeline.kubo, `swarm/connect?arg=${provider.multiaddrs[0]}`)
  const publish = (block: string) => {
    const form = new FormData()
    form.set('file', new Blob([block]))
    return rpc(provider, 'block/put?cid-codec=raw', form)
  }
  passesWhole(await run(pipeline, publish))
  await nothingIsKept(pipeline)
})

async function run(pipeline: Pipeline, publish?: (block: string) => Promise<unknown>): Promise<SuiteRun> {
  const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? assert.fail('no database')
  return runSuite({
    endpoint: `${pipeline.gatewayUrl}/psa`,
    token: await createPinningToken(databaseUrl, 'compliance'),
    specification: await readFile(specFile),
    ...(publish && { publish }),
  })
}

/** A check that broke down is left out of the suite's numbers, so all nine must be there. */
function passesWhole({ total, passed, output }: SuiteRun): void {
  assert.deepEqual({ total, passed }, { total: 9, passed: 9 }, output)
  assert.doesNotMatch(output, /Problem running compliance check|❌|not published/)
}

/** The suite deletes all that it has pinned. */
async function nothingIsKept({ database }: Pipeline): Promise<void> {
  const { rows } = await database.query('select count(*)::int as pins from pins')
  assert.deepEqual(rows, [{ pins: 0 }])
}
