import { globalSetup, globalTeardown } from '../e2e/global-setup.ts'
import { type Pipeline, startPipeline } from '../e2e/pipeline.ts'
import { kibibyte, makeFile, mebibyte } from './made-file.ts'
import { pinAndCheck } from './pin-and-check.ts'
import { productAckWaitMs, productSettings } from './product-settings.ts'
import { type Row, report } from './report.ts'

/** More disk than any bench fills: else the fetcher takes no job while its Kubo is nearly full. */
const kuboConfig = { Datastore: { StorageMax: '1TB' } }

/** Measures on a Pickup of its own, with the settings of production, and prints what came out. */
export async function runOnPipeline(measure: (pipeline: Pipeline) => Promise<Row[]>): Promise<void> {
  await globalSetup()
  try {
    await using pipeline = await startPipeline({
      settings: productSettings,
      ackWaitMs: productAckWaitMs,
      kuboConfig,
    })
    // Opens the connections of all services, and loads what they load at the first job.
    await pinAndCheck(pipeline, await makeFile(pipeline.kubo, { bytes: mebibyte, blockBytes: 64 * kibibyte }))
    process.stdout.write(report(await measure(pipeline)))
  } finally {
    await globalTeardown()
  }
}
