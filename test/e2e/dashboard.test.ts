import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { addPin, assertNarrow, rowOf, signIn, type Viewer } from '../browser/dashboard-viewer.ts'
import { findChromium } from '../browser/find-chromium.ts'
import { openBrowser } from '../browser/open-browser.ts'
import { createPinningToken } from '../clients/psa-token.ts'
import { addBytes, deadCid } from './content.ts'
import { type Pipeline, startPipeline } from './pipeline.ts'
import { startTcpProxy } from './tcp-proxy.ts'

const timeout = 120_000
const executablePath = await findChromium()
const skip = executablePath === undefined && 'no Chromium here: CHROMIUM_BIN may name one'
const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script>'

let pipeline: Pipeline
let browser: Awaited<ReturnType<typeof openBrowser>>
let databaseUrl: string
before(
  async () => {
    if (executablePath === undefined) return
    pipeline = await startPipeline({ settings: { WATCH_INTERVAL_MS: '100' } })
    databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? assert.fail('no database')
    browser = await openBrowser({ executablePath })
  },
  { timeout },
)
after(async () => {
  await browser?.[Symbol.asyncDispose]()
  await pipeline?.[Symbol.asyncDispose]()
})

const signedIn = (viewer: Viewer) => signIn({ browser, databaseUrl, gatewayUrl: pipeline.gatewayUrl }, viewer)

test('who signs in by the keyboard alone pins a CID, and watches it to its receipt', {
  timeout,
  skip,
}, async () => {
  const token = await createPinningToken(databaseUrl, 'keys')
  const { page, misdeeds } = await browser.open()
  await page.goto(`${pipeline.gatewayUrl}/dashboard`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const keys = page.keyboard
  // Past the link that skips the header, and the name.
  for (let tabs = 0; tabs < 3; tabs++) await keys.press('Tab')
  await keys.type(token)
  await keys.press('Enter')
  await page.getByText('Nothing is pinned yet.').waitFor()
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Pins')

  const provider = await pipeline.startNode('provider')
  const cid = await addBytes(provider, randomBytes(3_000_000))
  await keys.press('Tab')
  await keys.press('Enter')
  await keys.type(cid)
  await keys.press('Tab')
  await keys.type('three megabytes')
  await keys.press('Tab')
  await keys.type(provider.multiaddrs[0] ?? '')
  await page.getByRole('button', { name: 'Pin it' }).press('Enter')
  await rowOf(page, 'three megabytes').getByText('Pinned', { exact: true }).waitFor()
  await rowOf(page, 'three megabytes').getByText('blocks proven').waitFor()

  await page.getByRole('link', { name: 'three megabytes' }).press('Enter')
  await page.getByRole('heading', { name: 'What was proven' }).waitFor()
  await page.getByText('Stored bytes read back and proven').waitFor()
  await page.getByText('(3,000,000 bytes)').waitFor()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CAR' }).click(),
  ])
  assert.equal(download.suggestedFilename(), `${cid}.car`)
  misdeeds.none(/^asked elsewhere: .*X-Amz-Signature/)
})

test('a wrong token is refused with a sentence, and the right one survives a reload but no signing out', {
  timeout,
  skip,
}, async () => {
  const token = await createPinningToken(databaseUrl, 'remember')
  const { page, misdeeds } = await browser.open()
  await page.goto(`${pipeline.gatewayUrl}/dashboard`)
  await page.getByLabel('Token').fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('This token is not known here').waitFor()
  misdeeds.none(/401/)
  await page.getByLabel('Token').fill(token)
  await page.getByLabel('Remember on this device').check()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Pins' }).waitFor()
  assert.ok(!page.url().includes(token))
  await page.reload()
  await page.getByRole('heading', { name: 'Pins' }).waitFor()
  assert.equal(await page.evaluate('localStorage.length'), 1)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Token').waitFor()
  assert.equal(await page.evaluate('localStorage.length + sessionStorage.length'), 0)
  misdeeds.none()
})

test('a failure says why and what to do, and an operator replays its dead letter', {
  timeout,
  skip,
}, async () => {
  const { page, misdeeds } = await signedIn({ account: 'operator', scopes: ['admin'] })
  const cid = deadCid()
  await addPin(page, { cid, name: 'nobody has it' })
  await rowOf(page, 'nobody has it').getByText('not-found').waitFor()
  await page.getByRole('link', { name: 'nobody has it' }).click()
  await page.getByText('Keep the data online and give its address as an origin, then pin again.').waitFor()
  await page.getByText(`This time: Could not find the root ${cid}`).waitFor()

  await page.getByRole('link', { name: 'Operations' }).click()
  await page.getByRole('heading', { name: 'Dead letters' }).waitFor()
  const letter = page.getByRole('row').filter({ hasText: cid })
  await letter.getByRole('button', { name: 'Show' }).click()
  await page.getByRole('dialog').getByText(`"cid":"${cid}"`).waitFor()
  await page.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('rowheader', { name: 'indexer-bridge' }).waitFor()
  await letter.getByRole('button', { name: 'Replay' }).click()
  await page.getByRole('status').getByText('Its pin starts again.').waitFor()
  const { rows } = await pipeline.database.query(
    "select actor, outcome from audit where action = 'dead-letter.replay'",
  )
  assert.deepEqual(rows, [{ actor: 'operator:operator', outcome: 'restarted' }])
  // Nobody has the content still: it comes back, and is discarded.
  await letter.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
  await page.getByText('There are none.').waitFor()
  misdeeds.none()
})

test('what users have written is shown as they wrote it, and is never markup', {
  timeout,
  skip,
}, async () => {
  const { page, token, misdeeds } = await signedIn({ account: 'hostile' })
  const body = JSON.stringify({ cid: deadCid(), name: hostile, meta: { [hostile]: hostile } })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  await fetch(`${pipeline.gatewayUrl}/psa/pins`, { method: 'POST', headers, body })
  await page.getByRole('link', { name: hostile }).click()
  await page.getByRole('heading', { name: hostile }).waitFor()
  await page.getByRole('definition').getByText(hostile).first().waitFor()
  assert.equal(await page.locator('main img, main script').count(), 0)
  // And if it were: nothing but the page's own files is run.
  await page.evaluate(
    "document.body.append(Object.assign(document.createElement('script'), { text: 'document.title = 1' }))",
  )
  assert.notEqual(await page.title(), '1')
  misdeeds.none(/Content Security Policy/)
  await page.getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByText('Nothing is pinned yet.').waitFor()
  misdeeds.none()
})

test('pins are found by status, by name and by CID, a page at a time', { timeout, skip }, async () => {
  const { page, token, misdeeds } = await signedIn({ account: 'many' })
  const pins = Array.from({ length: 60 }, (_, i) => ({
    cid: deadCid(),
    name: `pin ${String(i).padStart(2, '0')}`,
  }))
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  await fetch(`${pipeline.gatewayUrl}/psa/batch`, { method: 'POST', headers, body: JSON.stringify(pins) })
  await page.getByText('60 pins', { exact: true }).waitFor()
  const names = () => page.locator('tbody .name').allTextContents()
  assert.equal((await names()).length, 25)
  await page.getByRole('button', { name: 'Older' }).click()
  await page.getByText('35 pins from here on').waitFor()
  await page.getByRole('button', { name: 'Older' }).click()
  await page.getByText('10 pins from here on').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Older' }).isDisabled(), true)
  const search = page.getByRole('searchbox')
  await search.fill('PIN 0')
  await page.getByText('10 pins found').waitFor()
  await search.fill(pins[33]?.cid ?? '')
  await page.getByText('1 pin found').waitFor()
  assert.deepEqual(await names(), ['pin 33'])
  await page.getByText('Pinned', { exact: false }).first().click()
  await page.getByText('No pin matches.').waitFor()
  assert.match(page.url(), /status=pinned/)
  misdeeds.none()
})

test('while the server is away the page says so, keeps what was typed, and goes on by itself', {
  timeout,
  skip,
}, async () => {
  await using proxy = await startTcpProxy({ port: Number(new URL(pipeline.gatewayUrl).port) })
  const from = `http://127.0.0.1:${proxy.port}`
  const { page, misdeeds } = await signedIn({ account: 'offline', from })
  await page.getByRole('button', { name: 'Add a pin' }).click()
  await page.getByRole('textbox', { name: 'CID' }).fill('half a thought')
  proxy.cut()
  await page.getByText('Connection lost, trying again…').waitFor()
  await page.getByRole('button', { name: 'Pin it' }).click()
  await page.getByText('The server cannot be reached.').waitFor()
  proxy.restore()
  await page.getByText('Connection lost, trying again…').waitFor({ state: 'hidden' })
  assert.equal(await page.getByRole('textbox', { name: 'CID' }).inputValue(), 'half a thought')
  misdeeds.none(/ERR_|Failed to load/)
})

test('at 360 pixels no page scrolls sideways', { timeout, skip }, async () => {
  const { page, misdeeds } = await signedIn({ account: 'phone', scopes: ['admin'], width: 360 })
  const longName = 'averyveryverylongnamewithoutanyplacetobreak'.repeat(3)
  await addPin(page, { cid: deadCid(), name: longName })
  await rowOf(page, longName).getByText('not-found').waitFor()
  await assertNarrow(page)
  await page.getByRole('link', { name: longName }).click()
  await page.getByRole('heading', { name: 'What happened' }).waitFor()
  await assertNarrow(page)
  await page.getByRole('link', { name: 'Operations' }).click()
  await page.getByRole('rowheader', { name: 'indexer-bridge' }).waitFor()
  await assertNarrow(page)
  misdeeds.none()
})
