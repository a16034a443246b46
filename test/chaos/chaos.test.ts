import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTemporaryFolder } from '#deploy/local/temporary-folder.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { formatReport } from './report.ts'
import { type ChaosOptions, runChaos } from './run-chaos.ts'

test('no pin is lost or stuck, whatever dies while it is worked on', {
  // Some three minutes; the rest is for a machine that is busy with other things.
  timeout: 600_000,
  skip: process.platform !== 'linux',
}, async t => {
  await using folder = await createTemporaryFolder('pickup-chaos-')
  const options: ChaosOptions = {
    seed: Number(process.env['CHAOS_SEED'] ?? 1),
    minutes: 1.5,
    pins: 200,
    cluster: false,
    faultsAtOnce: 1,
    settleTimeoutMs: 240_000,
    folder: folder.path,
    log: createLogger('chaos', process.env['TEST_LOG_LEVEL'] ?? 'silent'),
  }
  const result = await runChaos(options)
  const report = formatReport(options, result)
  for (const line of report.trim().split('\n')) t.diagnostic(line)
  assert.deepEqual(result.violations, [], report)
})
