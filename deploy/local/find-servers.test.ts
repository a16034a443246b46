import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pino } from 'pino'
import { findServers } from './find-servers.ts'
import { StackError } from './stack-error.ts'
import { createTestFolder } from './test-folder.ts'

const log = pino({ level: 'silent' })
const environment = { ...process.env }
after(() => {
  process.env = environment
})

/** A program that prints `version`; what is asked for is in the first line of what real servers print. */
async function writeServer(folder: string, name: string, version: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, name)
  await writeFile(file, `#!/bin/sh\necho '${version}'\n`)
  await chmod(file, 0o755)
  return file
}

test('servers on PATH are taken from their oldest good version on', { timeout: 20_000 }, async () => {
  await using folder = await createTestFolder()
  const old = join(folder.path, 'old')
  const good = join(folder.path, 'good')
  await writeServer(old, 'ipfs', 'ipfs version 0.42.9')
  await writeServer(old, 'nats-server', 'nats-server: v2.12.8')
  await writeServer(old, 'versitygw', 'Version  : git')
  const kubo = await writeServer(good, 'ipfs', 'ipfs version 0.43.0')
  const nats = await writeServer(good, 'nats-server', 'nats-server: v2.14.0')
  const versitygw = await writeServer(good, 'versitygw', 'Version  : v2.0.0')
  process.env = { PATH: `${old}:${good}`, PICKUP_CACHE_DIR: join(folder.path, 'cache') }
  assert.deepEqual(await findServers(log), { kubo, nats, versitygw })
})

test('a variable names a server of any version, and must name one', { timeout: 20_000 }, async () => {
  await using folder = await createTestFolder()
  const any = await writeServer(folder.path, 'any', 'Version  : git')
  process.env = { KUBO_BIN: any, NATS_SERVER_BIN: any, VERSITYGW_BIN: any }
  assert.deepEqual(await findServers(log), { kubo: any, nats: any, versitygw: any })
  process.env.VERSITYGW_BIN = join(folder.path, 'missing')
  await assert.rejects(
    findServers(log),
    error => error instanceof StackError && /VERSITYGW_BIN/.test(error.message),
  )
})

test('without a server and without Go the error says what to install', { timeout: 20_000 }, async () => {
  await using folder = await createTestFolder()
  process.env = { PATH: folder.path, PICKUP_CACHE_DIR: join(folder.path, 'cache') }
  await assert.rejects(
    findServers(log),
    error =>
      error instanceof StackError &&
      /ipfs, nats-server, versitygw/.test(error.message) &&
      /Go/.test(error.message) &&
      /docker compose/.test(error.message),
  )
})
