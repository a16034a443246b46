import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { buildCar, buildTree, flipBits } from '#libs/car/testing/build-car.ts'
import { type CliUser, createCliUser } from './testing/cli-user.ts'

const timeout = 60_000
const dag = buildTree({ leaves: 300, leafBytes: 10_000 })
const car = buildCar(dag)
const cid = dag.root.toString()
const requestid = '4f1c9a1e-5b0f-4b1c-9d9b-0d2f6f1f7c11'

/** A server with one pin, whose CAR is what `sendCar` sends: a real one sends no wrong bytes. */
async function startServer(sendCar: (response: ServerResponse) => void, info: Record<string, string> = {}) {
  const pin = { requestid, status: 'pinned', created: '', pin: { cid }, delegates: [], info }
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/car')) sendCar(response)
    else response.end(JSON.stringify(pin))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const user = await createCliUser({
    PICKUP_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    PICKUP_TOKEN: 'token',
  })
  return {
    user,
    get: (options: Parameters<CliUser['run']>[1] = {}) =>
      user.run(['get', requestid, '-o', user.at('my.car')], options),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await user[Symbol.asyncDispose]()
    },
  }
}

test('what arrives is proven, and the file is whole when it has its name', { timeout }, async () => {
  await using server = await startServer(response => response.end(car))
  const { user } = server
  const command = ['get', requestid, '-o', user.at('my.car')]
  const { exitCode, stdout, stderr } = await user.run(command)
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, new RegExp(`^file .*my\\.car\nroot +${cid}\n`))
  assert.deepEqual(await readFile(user.at('my.car')), Buffer.from(car))
  const again = await user.run(command)
  assert.deepEqual([again.exitCode, await readdir(user.home)], [2, ['my.car']])
  assert.match(again.stderr, /is there already.*--force/)
  assert.equal((await user.run([...command, '--force'])).exitCode, 0)
})

const wrongBytes: Record<string, [body: Uint8Array, message: RegExp]> = {
  damaged: [flipBits(car, 1_500_000), /what came is not what was pinned \(bad-block/],
  'without a block': [buildCar({ ...dag, blocks: dag.blocks.slice(0, -1) }), /dag-incomplete/],
  'of another root': [buildCar(buildTree({ leaves: 3, leafBytes: 10, seed: 2 })), /wrong-root/],
  'cut between two blocks': [buildCar({ ...dag, blocks: dag.blocks.slice(0, 50) }), /dag-incomplete/],
}
for (const [what, [body, message]] of Object.entries(wrongBytes))
  test(`a CAR that comes ${what} is refused, and nothing is kept of it`, { timeout }, async () => {
    await using server = await startServer(response => response.end(body))
    const { exitCode, stderr } = await server.get()
    assert.equal(exitCode, 1, stderr)
    assert.match(stderr, message)
    assert.deepEqual(await readdir(server.user.home), [])
  })

test('the same DAG in another order is not the CAR of the receipt', { timeout }, async () => {
  const turned = buildCar({ ...dag, blocks: dag.blocks.toReversed() })
  await using server = await startServer(response => response.end(turned), { car_cid: 'bagbaiera' })
  const { exitCode, stderr } = await server.get()
  assert.deepEqual([exitCode, await readdir(server.user.home)], [1, []])
  assert.match(stderr, /the CAR that came is \w+, not bagbaiera/)
})

test('a connection that breaks leaves nothing, and exits with 3', { timeout }, async () => {
  await using server = await startServer(response => {
    response.writeHead(200, { 'Content-Length': car.length })
    response.write(car.subarray(0, 1_000_000), () => response.destroy())
  })
  const { exitCode, stderr } = await server.get()
  assert.deepEqual([exitCode, await readdir(server.user.home)], [3, []], stderr)
})

test('Ctrl-C leaves nothing, and exits with 130', { timeout }, async () => {
  await using server = await startServer(response => response.write(car.subarray(0, 1_000_000)))
  const stop = new AbortController()
  const { exitCode, stderr } = await server.get({ signal: stop.signal, onStderr: () => stop.abort('Ctrl-C') })
  assert.match(stderr, /downloading/)
  assert.deepEqual([exitCode, await readdir(server.user.home)], [130, []])
})
