import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import { createCliUser } from '../../cli/testing/cli-user.ts'
import { createPinningToken } from '../clients/psa-token.ts'
import { globalSetup, globalTeardown } from '../e2e/global-setup.ts'
import { type Pipeline, startPipeline } from '../e2e/pipeline.ts'
import { findChromium, packed } from './find-chromium.ts'
import { openBrowser } from './open-browser.ts'
import { type AskPinning, pinSamples, pinSlowly } from './sample-pins.ts'
import { showTerminal, useTerminal } from './terminal-picture.ts'
import { unpackFonts } from './unpack-fonts.ts'

/*
 * Takes the pictures of the dashboard and of a terminal that the README shows: of a whole Pickup with real pins. Only the
 * times of what has ended are spread over the last hour, which nobody wants to wait for.
 *
 * Usage: npm run screenshots
 */
const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url))
const maxBytes = 200_000
const account = 'field-notes'

/** Long enough for a large pin from far away. */
const settings = { FETCH_CHUNK_TIMEOUT_MS: '10000', PROGRESS_INTERVAL_MS: '1000', LEASE_MS: '30000' }

const askingWith =
  ({ gatewayUrl }: Pipeline, token: string): AskPinning =>
  async (path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
    const answer = await fetch(`${gatewayUrl}/psa/${path}`, { headers, ...init })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return answer.json()
  }

async function takePictures(pipeline: Pipeline, executablePath: string, fonts: string): Promise<void> {
  const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? ''
  const token = await createPinningToken(databaseUrl, account, ['admin'])
  const ask = askingWith(pipeline, token)
  const askOther = askingWith(pipeline, await createPinningToken(databaseUrl, 'archive'))
  await using browser = await openBrowser({ executablePath, env: { FONTCONFIG_FILE: fonts } })
  async function visit(options: BrowserContextOptions = {}): Promise<Page> {
    const { page } = await browser.open({ viewport: { width: 1200, height: 780 }, ...options })
    await page.goto(`${pipeline.gatewayUrl}/dashboard`)
    await page.getByLabel('Token').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('table', { name: 'Pins' }).waitFor()
    return page
  }

  const { pinned } = await pinSamples(pipeline, ask, askOther)
  await spreadOverAnHour(pipeline)
  await using slow = await pinSlowly(pipeline, ask)
  await using user = await createCliUser({ PICKUP_URL: `${pipeline.gatewayUrl}/psa`, PICKUP_TOKEN: token })
  const { page: terminal } = await browser.open({ viewport: { width: 1200, height: 780 } })
  await showTerminal(terminal, await useTerminal(pipeline, user, slow.requestid))
  await save(terminal.locator('pre'), 'terminal')
  const light = await visit()
  await light.getByText('MB/s').waitFor()
  await save(light, 'dashboard-pins')
  const dark = await visit({ colorScheme: 'dark' })
  await dark.goto(`${pipeline.gatewayUrl}/dashboard#/pins/${slow.requestid}`)
  await dark.getByText('MB/s').waitFor()
  await save(dark, 'dashboard-pin-dark')
  await light.getByRole('link', { name: 'Operations' }).click()
  await light.getByRole('table', { name: 'Running jobs' }).waitFor()
  // Fetchers tell of their slots every 20 s.
  await light.getByText('1 of 10', { exact: true }).waitFor()
  await save(light, 'dashboard-operator', { fullPage: true })
  await light.goto(`${pipeline.gatewayUrl}/dashboard#/pins/${pinned}`)
  await light.getByRole('heading', { name: 'What was proven' }).waitFor()
  await save(light, 'dashboard-pin')
}

/** As if the pins had come in and ended one after the other, now faster and now slower. */
async function spreadOverAnHour({ database }: Pipeline): Promise<void> {
  await database.query(`
    update pins set created_at = now() - ago from (
      select request_id,
        interval '3550 seconds' * (place + sin(place * 20) * 0.03 + 0.03) / 1.06 + place * interval '7 ms' as ago
      from (
        select request_id, percent_rank() over (partition by account order by created_at desc) as place from pins
      ) as placed
    ) as spread where spread.request_id = pins.request_id`)
  await database.query(`
    update contents set queued_at = pins.created_at, changed_at = pins.created_at + interval '9 seconds',
      verified_at = verified_at - (queued_at - pins.created_at), indexed_at = indexed_at - (queued_at - pins.created_at)
    from pins where pins.cid = contents.cid`)
}

async function save(shown: Page | Locator, name: string, { fullPage = false } = {}): Promise<void> {
  const path = join(folder, `${name}.png`)
  if ('mouse' in shown) await shown.mouse.move(0, 0)
  await shown.screenshot({ path, fullPage, animations: 'disabled' })
  const { size } = await stat(path)
  if (size > maxBytes) throw new Error(`${path} has ${size} bytes, more than ${maxBytes}`)
  process.stdout.write(`${path}: ${size} bytes\n`)
}

const executablePath = await findChromium()
if (executablePath === undefined) throw new Error('no Chromium here: CHROMIUM_BIN may name one')
const fontFolder = await mkdtemp(join(tmpdir(), 'pickup-fonts-'))
await mkdir(folder, { recursive: true })
await globalSetup()
try {
  const fonts = await unpackFonts(packed('fonts.tar.br'), fontFolder)
  await using pipeline = await startPipeline({ settings, ackWaitMs: 10_000 })
  await takePictures(pipeline, executablePath, fonts)
} finally {
  await globalTeardown()
  await rm(fontFolder, { recursive: true })
}
