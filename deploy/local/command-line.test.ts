import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCommandLine } from './command-line.ts'
import { StackError } from './stack-error.ts'

test('without flags everything has its default', () => {
  const { gatewayPort, isolated, serversOnly, traces, readyFile, help } = readCommandLine([])
  assert.deepEqual(
    { gatewayPort, isolated, serversOnly, traces, readyFile, help },
    {
      gatewayPort: 9094,
      isolated: false,
      serversOnly: false,
      traces: false,
      readyFile: undefined,
      help: false,
    },
  )
})

test('flags are read, and paths made absolute', () => {
  const options = readCommandLine([
    '--data',
    '/a/../b',
    '--port=0',
    '--isolated',
    '--traces',
    '--ready-file',
    '/r.json',
  ])
  assert.equal(options.dataDir, '/b')
  assert.equal(options.gatewayPort, 0)
  assert.equal(options.isolated, true)
  assert.equal(options.traces, true)
  assert.equal(options.readyFile, '/r.json')
})

test('what it does not know is an error that names it', () => {
  for (const [args, named] of [
    [['--bogus'], '--bogus'],
    [['word'], 'word'],
    [['--port', 'http'], 'http'],
    [['--port', '65536'], '65536'],
    [['--data'], '--data'],
  ] as const)
    assert.throws(
      () => readCommandLine(args),
      error => error instanceof StackError && error.message.includes(named),
    )
})
