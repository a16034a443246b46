import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CliError } from './cli-error.ts'
import { defineCommand } from './command.ts'
import { readArguments, readCount, requireOperands } from './read-arguments.ts'

const timeout = 5_000
const command = defineCommand({
  name: 'try',
  summary: 'try',
  operands: 'WHAT',
  examples: [],
  options: {
    flag: { type: 'boolean', short: 'f', help: '' },
    text: { type: 'string', value: 'TEXT', help: '' },
    state: { type: 'string', choices: ['on', 'off'], help: '' },
    many: { type: 'string', multiple: true, help: '' },
  },
  run: async () => 0,
})
const usage = (message: RegExp) => (error: unknown) =>
  error instanceof CliError && error.kind === 'usage' && message.test(error.message)

test('what is not given is false, empty or undefined', { timeout }, () => {
  assert.deepEqual(readArguments(command, []), {
    values: { flag: false, text: undefined, state: undefined, many: [], json: false, help: false },
    operands: [],
  })
})

test('options and operands are read in any order', { timeout }, () => {
  const { values, operands } = readArguments(command, ['a', '-f', '--many=1', 'b', '--many', '2', '--json'])
  assert.deepEqual(
    [values['flag'], values['many'], values['json'], operands],
    [true, ['1', '2'], true, ['a', 'b']],
  )
})

test('what is wrong is named, with the command that has the help', { timeout }, () => {
  assert.throws(() => readArguments(command, ['--bogus']), usage(/--bogus.*pickup try --help/))
  assert.throws(() => readArguments(command, ['--text']), usage(/--text/))
  assert.throws(
    () => readArguments(command, ['--state', 'maybe']),
    usage(/--state must be one of on, off, not "maybe"/),
  )
  assert.throws(() => requireOperands([], 'a CID'), usage(/a CID is missing/))
  assert.throws(() => requireOperands(['a', 'b'], 'a CID'), usage(/not expected: b/))
  for (const text of ['0', '-1', '1.5', 'x', '1e3', ''])
    assert.throws(() => readCount(text, '--limit', 1), usage(/--limit must be a whole number from 1/), text)
  assert.equal(readCount('7', '--limit', 1), 7)
})
