import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDlqCommandLine } from './command-line.ts'

const timeout = 5_000
const read = (line: string) => readDlqCommandLine(line.split(' '))?.command
const none = { consumer: undefined, code: undefined }

test('commands are read with what they need', { timeout }, () => {
  assert.deepEqual(read('list'), { kind: 'list', limit: 50, after: 0, ...none })
  assert.deepEqual(read('list --all --consumer fetcher --code stalled'), {
    kind: 'list',
    limit: 'all',
    after: 0,
    consumer: 'fetcher',
    code: 'stalled',
  })
  assert.deepEqual(read('list --limit 5 --after 12'), { kind: 'list', limit: 5, after: 12, ...none })
  assert.deepEqual(read('show 7'), { kind: 'show', id: 7 })
  assert.deepEqual(read('replay 7 8'), { kind: 'replay', ids: [7, 8], ...none })
  assert.deepEqual(read('discard --all --code stalled'), {
    kind: 'discard',
    ids: [],
    consumer: undefined,
    code: 'stalled',
  })
  assert.equal(readDlqCommandLine(['--help']), undefined)
  const { json, dataDir } = readDlqCommandLine(['list', '--json', '--data', '/x']) ?? assert.fail()
  assert.deepEqual([json, dataDir], [true, '/x'])
})

test('what is wrong is named', { timeout }, () => {
  for (const [line, message] of [
    ['drop', /no command drop/],
    ['list 3', /not expected: 3/],
    ['list --limit 0', /--limit must be a whole number/],
    ['list --after x', /--after must be a whole number/],
    ['list --consumer >', /--consumer must be the name of a reader/],
    ['show', /show takes the ID of one letter/],
    ['show 1 2', /show takes the ID of one letter/],
    ['show x', /ID of a letter.* must be a whole number, not "x"/],
    ['replay', /replay takes the IDs of letters, or --all/],
    ['replay 1 --all', /replay takes the IDs of letters, or --all/],
    ['discard 1 --code stalled', /--consumer and --code go with --all/],
    ['list --bogus', /--bogus/],
  ] as const)
    assert.throws(() => read(line), { name: 'StackError', message }, line)
  assert.throws(() => readDlqCommandLine([]), /a command is missing/)
})
