import assert from 'node:assert/strict'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'

type Options = { executablePath: string; env?: Record<string, string> }

/** A browser, whose pages remember what they should not have done. Disposing closes it. */
export async function openBrowser({ executablePath, env = {} }: Options) {
  // Root has no sandbox to give, and nothing here is a stranger's page.
  // To a browser only names of this machine are secure without TLS: this one is as another machine's.
  const otherName = '--host-resolver-rules=MAP pickup.test 127.0.0.1'
  const args = ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none', otherName]
  const browser = await chromium.launch({
    executablePath,
    args,
    env: { ...process.env, ...env } as Record<string, string>,
  })
  return {
    /** A page with a profile of its own. */
    async open(options: BrowserContextOptions = {}) {
      const context = await browser.newContext(options)
      const page = await context.newPage()
      return { page, context, misdeeds: watchFor(page) }
    },
    [Symbol.asyncDispose]: () => browser.close(),
  }
}

/** What a page said in its console as an error, threw, or asked of another server; breaches of its CSP are errors, too. */
function watchFor(page: Page) {
  const misdeeds: string[] = []
  page.on('console', message => {
    if (message.type() === 'error') misdeeds.push(`console: ${message.text()}`)
  })
  page.on('pageerror', error => misdeeds.push(`thrown: ${error.message}`))
  page.on('request', request => {
    const { origin } = new URL(request.url())
    if (page.url() !== 'about:blank' && origin !== new URL(page.url()).origin)
      misdeeds.push(`asked elsewhere: ${request.url()}`)
  })
  return {
    /** Fails when there were any but those that match; forgets them. */
    none(...expected: RegExp[]) {
      const others = misdeeds.filter(text => !expected.some(pattern => pattern.test(text)))
      misdeeds.length = 0
      assert.deepEqual(others, [])
    },
  }
}
