import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTokenCommandLine } from './command-line.ts'

const timeout = 5_000
const read = (line: string) => readTokenCommandLine(line.split(' '))?.command

test('a token is made for the default account, to read and write, unless something else is said', {
  timeout,
}, () => {
  assert.deepEqual(read('create'), {
    kind: 'create',
    account: 'default',
    name: '',
    scopes: ['read', 'write'],
  })
  assert.deepEqual(read('create --account a --name laptop --scope read --scope admin'), {
    kind: 'create',
    account: 'a',
    name: 'laptop',
    scopes: ['read', 'admin'],
  })
})

test('the other commands are read with what they need', { timeout }, () => {
  assert.deepEqual(read('list'), { kind: 'list', account: undefined })
  assert.deepEqual(read('list --account a'), { kind: 'list', account: 'a' })
  assert.deepEqual(read('revoke x'), { kind: 'revoke', id: 'x' })
  assert.deepEqual(read('quota --account a --pending 5 --bytes none'), {
    kind: 'quota',
    account: 'a',
    quotas: { maxPendingPins: 5, maxPinnedBytes: null },
  })
  assert.equal(readTokenCommandLine(['--help']), undefined)
  const { json, dataDir } = readTokenCommandLine(['list', '--json', '--data', '/x']) ?? assert.fail()
  assert.deepEqual([json, dataDir], [true, '/x'])
})

test('what is wrong is named', { timeout }, () => {
  for (const [line, message] of [
    ['make', /no command make/],
    ['create --scope all', /--scope must be one of read, write, admin/],
    ['create x', /not expected: x/],
    ['revoke', /ID of a token/],
    ['quota --pending 5', /--account is missing/],
    ['quota --account a', /--pending or --bytes/],
    ['quota --account a --pending -1', /--pending/],
    ['quota --account a --bytes 1e3', /--bytes must be a whole number/],
    ['list --bogus', /--bogus/],
  ] as const)
    assert.throws(() => read(line), { name: 'StackError', message }, line)
  assert.throws(() => readTokenCommandLine([]), /a command is missing/)
})
