import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { addPin, assertNarrow, rowOf } from '../browser/dashboard-viewer.ts'
import { useDashboard } from '../browser/use-dashboard.ts'
import { createPinningToken } from '../clients/psa-token.ts'
import { addBytes, deadCid } from './content.ts'
import { startTcpProxy } from './tcp-proxy.ts'

const { options, pipeline, browser, databaseUrl, signedIn } = await useDashboard()

test('who signs in by the keyboard alone pins a CID, and watches it to its receipt', options, async () => {
  const token = await createPinningToken(databaseUrl(), 'keys')
  const { page, misdeeds } = await browser().open()
  await page.goto(`${pipeline().gatewayUrl}/dashboard`)
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  const keys = page.keyboard
  // Past the link that skips the header, and the name.
  for (let tabs = 0; tabs < 3; tabs++) await keys.press('Tab')
  await keys.type(token)
  await keys.press('Enter')
  await page.getByText('Nothing is pinned yet.').waitFor()
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Pins')

  const provider = await pipeline().startNode('provider')
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

test(
  'a wrong token is refused with a sentence, and the right one survives a reload but no signing out',
  options,
  async () => {
    const token = await createPinningToken(databaseUrl(), 'remember')
    const { page, misdeeds } = await browser().open()
    await page.goto(`${pipeline().gatewayUrl}/dashboard`)
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
  },
)

test('over plain HTTP from another machine it is the same dashboard', options, async () => {
  const from = pipeline().gatewayUrl.replace('127.0.0.1', 'pickup.test')
  const { page, misdeeds } = await signedIn({ account: 'plain', from })
  assert.equal(await page.evaluate('isSecureContext'), false)
  await addPin(page, { cid: deadCid(), name: 'sent in the clear' })
  await rowOf(page, 'sent in the clear').waitFor()
  misdeeds.none()
})

test(
  'while the server is away the page says so, keeps what was typed, and goes on by itself',
  options,
  async () => {
    await using proxy = await startTcpProxy({ port: Number(new URL(pipeline().gatewayUrl).port) })
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
  },
)

test('at 360 pixels no page scrolls sideways', options, async () => {
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
