import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addPin, rowOf } from '../browser/dashboard-viewer.ts'
import { useDashboard } from '../browser/use-dashboard.ts'
import { deadCid } from './content.ts'

const { options, pipeline, signedIn } = await useDashboard()

test('a failure says why and what to do, and an operator replays its dead letter', options, async () => {
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
  const { rows } = await pipeline().database.query(
    "select actor, outcome from audit where action = 'dead-letter.replay'",
  )
  assert.deepEqual(rows, [{ actor: 'operator:operator', outcome: 'restarted' }])
  // Nobody has the content still: it comes back, and is discarded.
  await letter.getByRole('button', { name: 'Discard' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click()
  await page.getByText('There are none.').waitFor()
  misdeeds.none()
})

test(
  'a double click replays a letter once, and its neighbours keep their rows and the focus',
  options,
  async () => {
    const { page, misdeeds } = await signedIn({ account: 'clicker', scopes: ['admin'] })
    for (const name of ['one', 'two']) {
      await addPin(page, { cid: deadCid(), name })
      await rowOf(page, name).getByText('not-found').waitFor()
    }
    await page.getByRole('link', { name: 'Operations' }).click()
    const letters = page.getByRole('region', { name: 'Dead letters' }).locator('tbody tr')
    await letters.nth(1).waitFor()
    const replays: string[] = []
    page.on('request', request => {
      if (request.url().endsWith('/replay')) replays.push(request.url())
    })
    const neighbour = letters.nth(1).getByRole('button', { name: 'Show' })
    await neighbour.focus()
    await page.evaluate('globalThis.focused = document.activeElement')
    const gone = await letters.first().getByRole('rowheader').textContent()
    await letters
      .first()
      .getByRole('button', { name: 'Replay' })
      .evaluate(button => {
        for (let clicks = 0; clicks < 2; clicks++) (button as unknown as { click: () => void }).click()
      })
    await page.getByRole('status').getByText(`Dead letter ${gone}: Its pin starts again.`).waitFor()
    await page.getByRole('rowheader', { name: gone ?? '', exact: true }).waitFor({ state: 'detached' })
    assert.equal(replays.length, 1)
    assert.equal(await page.evaluate('focused === document.activeElement'), true)
    misdeeds.none()
  },
)

test('dead letters are shown when the overview cannot be had', options, async () => {
  const { page, misdeeds } = await signedIn({ account: 'half-blind', scopes: ['admin'] })
  await page.route('**/operator/overview', route => route.fulfill({ status: 503, json: {} }))
  await addPin(page, { cid: deadCid(), name: 'lost' })
  await rowOf(page, 'lost').getByText('not-found').waitFor()
  await page.getByRole('link', { name: 'Operations' }).click()
  await page
    .getByRole('button', { name: /^Replay dead letter/ })
    .first()
    .waitFor()
  await page.getByText('Connection lost, trying again…').waitFor()
  misdeeds.none(/503/)
})
