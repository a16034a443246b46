import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCommandLine } from './command-line.ts'
import { DemoError } from './demo-error.ts'

const CID = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'

test('without arguments the demo makes a sample of 100 MiB', () => {
  const { cid, isolated, sampleMib, help } = readCommandLine([])
  assert.deepEqual(
    { cid, isolated, sampleMib, help },
    { cid: undefined, isolated: false, sampleMib: 100, help: false },
  )
})

test('a CID and flags are read, in any order', () => {
  assert.deepEqual(readCommandLine(['--data', '/a/../b', CID, '--isolated', '--mib=7']), {
    cid: CID,
    dataDir: '/b',
    isolated: true,
    sampleMib: 7,
    help: false,
  })
})

test('what cannot be meant is refused by its name', () => {
  for (const [args, named] of [
    [['--mib', '1.5'], /--mib .*1\.5/],
    [['bafybroken'], /"bafybroken" is no CID/],
    [[CID, 'more'], /"more"/],
    [['--port'], /--port/],
  ] as const)
    assert.throws(
      () => readCommandLine(args),
      (error: unknown) => error instanceof DemoError && named.test(error.message),
    )
})
