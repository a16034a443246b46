import assert from 'node:assert/strict'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { keepPorts, requireFreePort } from './kept-ports.ts'
import { StackError } from './stack-error.ts'
import { createTestFolder } from './test-folder.ts'

test('ports are kept, and only a taken one is chosen anew', { timeout: 10_000 }, async () => {
  await using folder = await createTestFolder()
  const file = join(folder.path, 'ports.json')
  const first = await keepPorts(file, ['api', 'gateway'])
  assert.notEqual(first.api, first.gateway)
  assert.deepEqual(await keepPorts(file, ['api', 'gateway']), first)
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  const server = createServer().listen(first.api, '127.0.0.1')
  await once(server, 'listening')
  const second = await keepPorts(file, ['api', 'gateway'])
  assert.notEqual(second.api, first.api)
  assert.equal(second.gateway, first.gateway)
  await assert.rejects(requireFreePort(first.api), StackError)
  server.close()
})
