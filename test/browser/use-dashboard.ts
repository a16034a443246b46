import { after, before } from 'node:test'
import { type Pipeline, type PipelineOptions, startPipeline } from '../e2e/pipeline.ts'
import { signIn, type Viewer } from './dashboard-viewer.ts'
import { findChromium } from './find-chromium.ts'
import { openBrowser } from './open-browser.ts'

const timeout = 120_000

/**
 * A Pickup, whole by default, and a browser for the tests of a file, started before the first and ended behind the last one. Its
 * `options` are those of each test: without a Chromium they are skipped.
 */
export async function useDashboard(options: Pick<PipelineOptions, 'services'> = {}) {
  const executablePath = await findChromium()
  const skip = executablePath === undefined && 'no Chromium here: CHROMIUM_BIN may name one'
  let pipeline: Pipeline
  let browser: Awaited<ReturnType<typeof openBrowser>>
  before(
    async () => {
      if (executablePath === undefined) return
      pipeline = await startPipeline({ settings: { WATCH_INTERVAL_MS: '100' }, ...options })
      browser = await openBrowser({ executablePath })
    },
    { timeout },
  )
  after(async () => {
    await browser?.[Symbol.asyncDispose]()
    await pipeline?.[Symbol.asyncDispose]()
  })
  const databaseUrl = () => {
    const url = pipeline.serviceSpec('gateway').env['DATABASE_URL']
    if (url === undefined) throw new Error('no database')
    return url
  }
  return {
    options: { timeout, skip },
    pipeline: () => pipeline,
    browser: () => browser,
    databaseUrl,
    /** Somebody who has signed in, and sees the pins. */
    signedIn: (viewer: Viewer) =>
      signIn({ browser, databaseUrl: databaseUrl(), gatewayUrl: pipeline.gatewayUrl }, viewer),
  }
}
