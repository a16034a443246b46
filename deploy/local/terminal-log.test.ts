import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLine } from './terminal-log.ts'

const time = new Date(2026, 0, 2, 3, 4, 5)

test('a record becomes one line with its fields behind the message', () => {
  const record = {
    level: 30,
    time: time.getTime(),
    pid: 7,
    hostname: 'host',
    msg: 'stored',
    cid: 'bafy',
    sizeBytes: 3,
  }
  assert.equal(
    formatLine('fetcher', JSON.stringify(record)),
    '03:04:05 fetcher        info  stored cid=bafy sizeBytes=3',
  )
})

test('labels of levels and times as text are read too', () => {
  const record = { level: 'warn', time: time.toISOString(), service: 'gateway', msg: 'slow' }
  assert.equal(formatLine('other', JSON.stringify(record)), '03:04:05 gateway        warn  slow')
})

test('a value with spaces is quoted, an error shows its message and then its stack', () => {
  const err = { message: 'disk is full', stack: 'Error: disk is full\n    at write' }
  const line = formatLine('status', JSON.stringify({ level: 50, time: time.getTime(), msg: 'failed', err }))
  assert.equal(
    line,
    '03:04:05 status         error failed err="disk is full"\nError: disk is full\n    at write',
  )
})

test('what is no record is shown as it is', () => {
  for (const text of ['plain text', '{broken', '{"json": "of something else"}', ''])
    assert.match(
      formatLine('nats', text),
      new RegExp(`^\\d\\d:\\d\\d:\\d\\d nats {11}${RegExp.escape(text)}$`),
    )
})
