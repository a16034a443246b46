import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { addPin, rowOf } from '../browser/dashboard-viewer.ts'
import { useDashboard } from '../browser/use-dashboard.ts'
import { deadCid } from './content.ts'

const hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
const { options, pipeline, signedIn } = await useDashboard()

test(
  'each pin that is added on a page is a pin, and a repeat of one without an answer is the same',
  options,
  async () => {
    const { page, token, misdeeds } = await signedIn({ account: 'several' })
    const cid = deadCid()
    await addPin(page, { cid, name: 'first' })
    await rowOf(page, 'first').waitFor()
    await addPin(page, { cid: deadCid(), name: 'second' })
    await rowOf(page, 'second').waitFor()
    await addPin(page, { cid, name: 'first' })
    await page.getByText('3 pins', { exact: true }).waitFor()
    // The server accepts it, and its answer gets lost.
    await page.route('**/psa/pins', async route => {
      await route.fetch()
      await route.abort()
    })
    await addPin(page, { cid, name: 'first' })
    await page.getByText('The server cannot be reached.').waitFor()
    await page.unroute('**/psa/pins')
    await page.getByRole('button', { name: 'Pin it' }).click()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    const headers = { authorization: `Bearer ${token}` }
    const statuses = 'queued,pinning,pinned,failed'
    const answer = await fetch(`${pipeline().gatewayUrl}/psa/pins?status=${statuses}`, { headers })
    const { count } = (await answer.json()) as { count: number }
    assert.equal(count, 4)
    misdeeds.none(/ERR_FAILED/)
  },
)

test('what belongs to a page that was left does not come back on another', options, async () => {
  const { page, misdeeds } = await signedIn({ account: 'leaver' })
  await addPin(page, { cid: deadCid(), name: 'to be kept' })
  await page.getByRole('button', { name: 'Remove to be kept' }).click()
  await page.getByRole('dialog').waitFor()
  await page.evaluate("location.hash = '#/pins?status=queued'")
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.clock.install()
  await page.getByRole('searchbox').fill('left behind')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByLabel('Token').waitFor()
  await page.clock.runFor(1_000)
  assert.equal(new URL(page.url()).hash, '')
  misdeeds.none()
})

test(
  'a pin in a tab that nobody sees holds no connection, and is live again when it is seen',
  options,
  async () => {
    const { page, misdeeds } = await signedIn({ account: 'tabs' })
    await addPin(page, { cid: deadCid(), name: 'in a tab' })
    // The server says nothing, so that only the page can end it.
    const held = new Promise(resolve => void page.route('**/events', resolve))
    await page.getByRole('link', { name: 'in a tab' }).click()
    await held
    const [ended] = await Promise.all([page.waitForEvent('requestfailed'), setHidden(page, true)])
    assert.match(ended.url(), /events$/)
    await page.unroute('**/events')
    await setHidden(page, false)
    await page.getByRole('heading', { name: 'in a tab' }).waitFor()
    misdeeds.none()
  },
)

const setHidden = (page: Page, isHidden: boolean) =>
  page.evaluate(`
    Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))`)

test('what users have written is shown as they wrote it, and is never markup', options, async () => {
  const { page, token, misdeeds } = await signedIn({ account: 'hostile' })
  const body = JSON.stringify({ cid: deadCid(), name: hostile, meta: { [hostile]: hostile } })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  await fetch(`${pipeline().gatewayUrl}/psa/pins`, { method: 'POST', headers, body })
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

test('pins are found by status, by name and by CID, a page at a time', options, async () => {
  const { page, token, misdeeds } = await signedIn({ account: 'many' })
  const pins = Array.from({ length: 60 }, (_, i) => ({
    cid: deadCid(),
    name: `pin ${String(i).padStart(2, '0')}`,
  }))
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  await fetch(`${pipeline().gatewayUrl}/psa/batch`, { method: 'POST', headers, body: JSON.stringify(pins) })
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
