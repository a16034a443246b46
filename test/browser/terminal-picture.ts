import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import type { CliUser } from '../../cli/testing/cli-user.ts'
import { addBytes } from '../e2e/content.ts'
import type { Pipeline } from '../e2e/pipeline.ts'

const progressTimeoutMs = 30_000

/** What a terminal shows when somebody has pinned a CID, asked what was proven of it, and now watches a slow pin. */
export async function useTerminal({ kubo }: Pipeline, user: CliUser, slowRequestId: string): Promise<string> {
  const cid = await addBytes(kubo, randomBytes(30_000_000), 'cid-version=1&pin=false')
  const shown: string[] = []
  for (const command of [`add ${cid} --wait --name handbook-2026.pdf`, `receipt ${cid}`]) {
    const { exitCode, stdout, stderr } = await user.run(command.split(' '), { isTerminal: true })
    if (exitCode !== 0) throw new Error(`pickup ${command} exits with ${exitCode}: ${stderr}`)
    shown.push(`$ npx pickup ${command}`, lastDrawn(stderr) + stdout)
  }
  const watching = `status ${slowRequestId} --watch`
  shown.push(`$ npx pickup ${watching}`, await progressOf(user, watching))
  return shown.join('\n')
}

/** A line of progress with a rate; the command is ended then. */
async function progressOf(user: CliUser, command: string): Promise<string> {
  const seen = new AbortController()
  let line = ''
  const onStderr = (text: string) => {
    if (!/^\s*transferring .*[1-9]\d* [MG]iB\/s/.test(lastDrawn(text))) return
    line ||= lastDrawn(text)
    seen.abort()
  }
  const signal = AbortSignal.any([seen.signal, AbortSignal.timeout(progressTimeoutMs)])
  await user.run(command.split(' '), { isTerminal: true, signal, onStderr })
  if (line === '') throw new Error(`pickup ${command} showed no rate`)
  return line
}

/** Lines that were drawn over are gone from a terminal. */
const lastDrawn = (text: string): string =>
  text
    .split('\n')
    .map(line => line.slice(line.lastIndexOf('\r') + 1).replace('\u001B[2K', ''))
    .join('\n')

/** Makes the page look like a terminal with this text. */
export async function showTerminal(page: Page, text: string): Promise<void> {
  await page.setContent(
    '<style>body{margin:0;background:#14181f;color:#c9d1d9;font:14px/1.45 ui-monospace}' +
      'pre{margin:0;padding:18px 22px;font:inherit;width:max-content}b{color:#fff}</style><pre></pre>',
  )
  const lines = text.split('\n').map(line => ({ line: `${line}\n`, isTyped: line.startsWith('$ ') }))
  await page.evaluate(`for (const { line, isTyped } of ${JSON.stringify(lines)}) {
    const part = document.createElement(isTyped ? 'b' : 'span')
    part.textContent = line
    document.querySelector('pre').append(part)
  }`)
}
