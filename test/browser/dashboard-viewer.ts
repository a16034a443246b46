import assert from 'node:assert/strict'
import type { Locator, Page } from 'playwright-core'
import { createPinningToken } from '../clients/psa-token.ts'
import type { openBrowser } from './open-browser.ts'

type Where = { browser: Awaited<ReturnType<typeof openBrowser>>; databaseUrl: string; gatewayUrl: string }

/** Somebody who looks at the dashboard; `from` is another way to the gateway than its own address. */
export type Viewer = { account: string; scopes?: string[]; width?: number; from?: string }

/** Signs in with a new token of an account, in a profile of its own. */
export async function signIn(
  { browser, databaseUrl, gatewayUrl }: Where,
  { account, scopes, width = 1200, from = gatewayUrl }: Viewer,
) {
  const token = await createPinningToken(databaseUrl, account, scopes)
  const opened = await browser.open({ viewport: { width, height: 800 } })
  await opened.page.goto(`${from}/dashboard`)
  await opened.page.getByLabel('Token').fill(token)
  await opened.page.getByRole('button', { name: 'Sign in' }).click()
  await opened.page.getByRole('heading', { name: 'Pins' }).waitFor()
  return { ...opened, token }
}

/** Adds a pin as people do. */
export async function addPin(page: Page, { cid, name }: { cid: string; name: string }): Promise<void> {
  await page.getByRole('button', { name: 'Add a pin' }).click()
  await page.getByRole('textbox', { name: 'CID' }).fill(cid)
  await page.getByLabel('Name (optional)').fill(name)
  await page.getByRole('button', { name: 'Pin it' }).click()
}

/** The row of a pin in the list. */
export const rowOf = (page: Page, name: string): Locator => page.getByRole('row').filter({ hasText: name })

/** No page is wider than what shows it, so that nobody has to scroll sideways. */
export async function assertNarrow(page: Page): Promise<void> {
  assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, page.url())
}
