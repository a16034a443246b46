import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import packageJson from '../package.json' with { type: 'json' }
import { programs } from './programs.ts'

const timeout = 60_000
const program = fileURLToPath(new URL(`../${packageJson.bin.pickup}`, import.meta.url))

/** Makes the program believe that the Node it runs on is too old for it. */
const asOldNode = `data:text/javascript,${encodeURIComponent(
  `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.11.0' } })`,
)}`

function run(args: readonly string[], nodeArgs: readonly string[] = []) {
  const child = spawn(process.execPath, [...nodeArgs, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
  return {
    child,
    ended: ended.then(([[exitCode], stdout, stderr]) => ({ exitCode: exitCode as number, stdout, stderr })),
  }
}

test('the bin of the package runs, and hands its arguments and exit code on', { timeout }, async () => {
  for (const nodeArgs of [[], ['--import', asOldNode]]) {
    const help = await run(['ls', '--help'], nodeArgs).ended
    assert.deepEqual([help.exitCode, help.stderr], [0, ''])
    assert.match(help.stdout, /^Usage: pickup ls/)
    const wrong = await run(['frobnicate'], nodeArgs).ended
    assert.equal(wrong.exitCode, 2)
    assert.match(wrong.stderr, /no command "frobnicate"/)
  }
})

test('each program of an operator gets its arguments', { timeout }, async () => {
  for (const { name } of programs) {
    const { exitCode, stdout, stderr } = await run([name, '--help']).ended
    assert.equal(exitCode, 0, stderr)
    assert.match(stdout, new RegExp(`^Usage: npx pickup ${name} `))
  }
})

test('Ctrl-C and SIGTERM end it with 130, whatever it waits for', { timeout }, async () => {
  const asked = createServer(() => undefined)
  asked.listen(0, '127.0.0.1')
  await once(asked, 'listening')
  const url = `http://127.0.0.1:${(asked.address() as AddressInfo).port}`
  try {
    for (const [signal, nodeArgs] of [
      ['SIGINT', []],
      ['SIGTERM', ['--import', asOldNode]],
    ] as const) {
      const { child, ended } = run(['ls', '--url', url, '--token', 't'], nodeArgs)
      await once(asked, 'request')
      child.kill(signal)
      assert.deepEqual(await ended, { exitCode: 130, stdout: '', stderr: '' })
    }
  } finally {
    asked.closeAllConnections()
    asked.close()
  }
})
