import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createOutput } from './output.ts'

const timeout = 5_000

/** What was written to a terminal, or to a pipe. */
function createScreen({ isTTY, json }: { isTTY: boolean; json: boolean }) {
  const streamOf = () => Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 40 })
  const [stdout, stderr] = [streamOf(), streamOf()]
  // A PassThrough has all that is used of a terminal.
  const streams = { stdout, stderr } as unknown as { stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream }
  const read = (stream: PassThrough): string => stream.read() ?? ''
  return {
    output: createOutput({ ...streams, json }),
    read: () => ({ stdout: read(stdout), stderr: read(stderr) }),
  }
}

test('on a terminal progress is drawn over, and gone before a result', { timeout }, () => {
  const { output, read } = createScreen({ isTTY: true, json: false })
  output.progress('a line that is longer than the screen is wide')
  output.result({ done: true }, 'done')
  assert.deepEqual(read(), {
    stdout: 'done\n',
    stderr: '\r\u001B[2K  a line that is longer than the screen\r\u001B[2K',
  })
  assert.ok(output.isLive)
})

test('in a pipe progress is plain lines beside the results', { timeout }, () => {
  const { output, read } = createScreen({ isTTY: false, json: false })
  output.progress('one')
  output.progress('two, in the same second')
  output.result({ done: true }, 'done')
  output.note('for people')
  assert.deepEqual(read(), { stdout: 'done\n', stderr: '  one\nfor people\n' })
  assert.ok(!output.isLive)
})

test('for programs there is one object a line and nothing else', { timeout }, () => {
  const { output, read } = createScreen({ isTTY: true, json: true })
  output.progress('one')
  output.note('for people')
  output.result({ a: 'line\nbreak' }, 'text')
  output.error('no', { exitCode: 4 })
  assert.deepEqual(read(), {
    stdout: '{"a":"line\\nbreak"}\n',
    stderr: '{"error":{"message":"no","exitCode":4}}\n',
  })
})
