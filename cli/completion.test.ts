import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { createCliUser } from './testing/cli-user.ts'

const timeout = 60_000

/** What a bash with the completion offers behind these words. */
async function offered(script: string, ...words: string[]): Promise<string[]> {
  const program = `${script}
COMP_WORDS=(pickup "$@"); COMP_CWORD=$#; _pickup; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await promisify(execFile)('bash', ['-c', program, 'bash', ...words])
  return stdout.split('\n').filter(word => word !== '')
}

test('bash completes commands and their options', { timeout }, async () => {
  await using user = await createCliUser()
  const { stdout: script } = await user.run(['completion', 'bash'])
  assert.deepEqual(await offered(script, 're'), ['receipt'])
  assert.deepEqual(await offered(script, 'add', '--or'), ['--origin'])
  assert.deepEqual(await offered(script, 'ls', '--st'), ['--status'])
  assert.deepEqual(await offered(script, 'up'), ['up'])
})

test('every command and every option is known to every shell, and has help with examples', {
  timeout,
}, async () => {
  await using user = await createCliUser()
  const { stdout: help } = await user.run(['--help'])
  const names = [...help.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name = '']) => name)
  assert.ok(names.includes('verify') && names.includes('token'), help)
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await user.run(['completion', shell])
    for (const name of names) assert.match(stdout, new RegExp(`\\b${name}\\b`), shell)
    for (const option of ['origin', 'watch', 'root', 'cluster-auth'])
      assert.match(stdout, new RegExp(option), shell)
  }
  for (const name of ['add', 'get', 'verify', 'login']) {
    const { stdout, exitCode } = await user.run([name, '--help'])
    assert.equal(exitCode, 0)
    assert.match(stdout, new RegExp(`^Usage: pickup ${name} .*Examples:\n  pickup ${name} `, 's'))
  }
})

test('a command that there is not is an error of the command line', { timeout }, async () => {
  await using user = await createCliUser()
  const { exitCode, stderr } = await user.run(['frobnicate'])
  assert.deepEqual(
    [exitCode, stderr],
    [2, 'pickup: no command "frobnicate" ("pickup --help" shows what there is)\n'],
  )
  const json = await user.run(['completion', 'tcsh', '--json'])
  assert.deepEqual(JSON.parse(json.stderr), {
    error: { message: 'there is completion for bash, zsh, fish', exitCode: 2 },
  })
})
