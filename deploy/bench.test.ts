import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { readBenchCommandLine } from './bench/command-line.ts'
import { readBenches } from './bench/read-benches.ts'
import { StackError } from './local/stack-error.ts'
import { createTestFolder } from './local/test-folder.ts'
import { projectRoot } from './service-command.ts'

const timeout = 60_000
const run = promisify(execFile)
const program = fileURLToPath(new URL('bench.ts', import.meta.url))

test('names alone are measured and written down; with flags one is measured', async () => {
  const benches = await readBenches()
  const read = (line: string) => readBenchCommandLine(line.split(' '), benches)
  assert.deepEqual(read('scanner api'), ['test/bench/run.ts', 'scanner', 'api'])
  assert.deepEqual(read('api -- --runs 1'), ['test/bench/api/run.ts', '--runs', '1'])
  assert.deepEqual(read('scanner -- --help'), ['test/bench/scanner.ts', '--help'])
  assert.equal(read('scanner --help'), undefined)
  for (const [line, named] of [
    ['bogus', 'bogus'],
    ['--runs 1', '--runs'],
    ['scanner api -- --runs 1', 'scanner, api'],
    ['-- --runs 1', 'scanner'],
  ] as const)
    assert.throws(
      () => read(line),
      error => error instanceof StackError && error.message.includes(named),
    )
})

test('a bench gets its flags, and its failure is one of the command', { timeout }, async () => {
  const failed = run(process.execPath, [program, 'scanner', '--', '--bogus'], { cwd: '/' })
  await assert.rejects(failed, { code: 1, stderr: /Unknown option '--bogus'/ })
})

test('without the benches it says that it needs a checkout', { timeout }, async () => {
  await using folder = await createTestFolder()
  for (const part of ['deploy', 'libs', 'package.json'])
    await cp(join(projectRoot, part), join(folder.path, part), { recursive: true })
  await symlink(join(projectRoot, 'node_modules'), join(folder.path, 'node_modules'))
  const copied = run(process.execPath, [join(folder.path, 'deploy', 'bench.ts'), 'scanner'])
  await assert.rejects(copied, { code: 1, stderr: /checkout of Pickup in which "npm ci" has run/ })
})
