import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

/** What each lib may import of the others: the layers of ARCHITECTURE.md. */
const libs: Record<string, readonly string[]> = {
  errors: [],
  telemetry: [],
  config: [],
  car: ['errors'],
  events: ['errors'],
  bus: ['errors', 'events', 'telemetry'],
  db: ['errors', 'events', 'telemetry'],
  'dead-letters': ['bus', 'db', 'events', 'errors'],
  http: ['telemetry'],
  ipfs: ['errors', 'streams', 'telemetry'],
  service: ['config', 'errors', 'telemetry'],
  storage: ['errors', 'streams', 'telemetry'],
  streams: [],
}

/** Packages that only one place may know, so that they can be replaced there. */
const owners: Record<string, RegExp> = {
  '@nats-io/': /^(libs\/bus|deploy\/local|deploy\/examples|test)\//,
  '@aws-sdk/client-s3': /^(libs\/storage|deploy\/local|deploy\/demo|test)\//,
  '@aws-sdk/client-sqs': /^(services\/indexer-bridge|deploy\/local|deploy\/demo|test)\//,
  'kubo-rpc-client': /^libs\/ipfs\/testing\//,
  '@ipld/car': /^(libs\/car|test|libs\/ipfs)\/.*(test\.ts|testing\/)|^test\/|^deploy\/demo\//,
  'drizzle-orm': /^libs\/db\/drizzle\.ts$/,
  pg: /^(libs\/db|deploy\/local|test)\//,
  fastify: /^libs\/http\//,
  pino: /^(deploy\/local|libs\/telemetry)\//,
  '@opentelemetry/': /^libs\/telemetry\//,
}

type Import = { from: string; to: string }

async function importsOf(file: string): Promise<Import[]> {
  const text = await readFile(join(root, file), 'utf8')
  const found = text.matchAll(
    /^(?:import|export)\b[^'"]*?from '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gms,
  )
  return [...found].map(([, from, dynamic, bare]) => ({
    from: file,
    to: resolve(file, from ?? dynamic ?? bare ?? ''),
  }))
}

function resolve(file: string, target: string): string {
  if (target.startsWith('.')) return normalize(join(dirname(file), target))
  return target.replace(/^#/, '')
}

const files = await Array.fromAsync(glob('{services,libs,deploy,cli,test}/**/*.ts', { cwd: root }))
const imports = (await Promise.all(files.map(importsOf))).flat()
const isTest = (file: string) => /\.test\.ts$|\/testing\/|^test\//.test(file)
const partOf = (path: string) => path.split('/').slice(0, 2).join('/')
const violations = (allowed: (edge: Import) => boolean) =>
  imports.filter(edge => !allowed(edge)).map(({ from, to }) => `${from} imports ${to}`)

test('there is something to check', () => {
  assert.ok(files.length > 50)
  assert.ok(imports.some(({ from, to }) => from === 'services/fetcher/main.ts' && to === 'libs/bus/index.ts'))
})

test('a service imports libs and itself, never another service', () => {
  assert.deepEqual(
    violations(({ from, to }) => !to.startsWith('services/') || partOf(from) === partOf(to) || isTest(from)),
    [],
  )
})

test('a lib imports only the libs below it', () => {
  assert.deepEqual(
    violations(({ from, to }) => {
      const [, lib = '', ...rest] = from.split('/')
      if (!from.startsWith('libs/') || isTest(rest.join('/'))) return true
      if (/^(services|deploy|cli|test)\//.test(to)) return false
      const [kind, target = ''] = to.split('/')
      return kind !== 'libs' || target === lib || (libs[lib]?.includes(target) ?? false)
    }),
    [],
  )
})

test('the CLI works over HTTP: of the libs it knows only those without I/O', () => {
  assert.deepEqual(
    violations(
      ({ from, to }) =>
        !from.startsWith('cli/') ||
        isTest(from) ||
        !/^(libs|services)\//.test(to) ||
        /^libs\/(car|errors)\//.test(to),
    ),
    [],
  )
})

test('a lib is entered by its index', () => {
  assert.deepEqual(
    violations(({ from, to }) => {
      const entersLib = to.startsWith('libs/') && partOf(from) !== partOf(to)
      return !entersLib || to.endsWith('/index.ts') || (isTest(from) && to.includes('/testing/'))
    }),
    [],
  )
})

test('nothing that ships imports test code', () => {
  assert.deepEqual(
    violations(({ from, to }) => isTest(from) || !isTest(to)),
    [],
  )
})

test('a package that can be replaced is known in one place', () => {
  for (const [name, owner] of Object.entries(owners)) {
    const uses = (to: string) =>
      name.endsWith('/') ? to.startsWith(name) : to === name || to.startsWith(`${name}/`)
    assert.deepEqual(
      violations(({ from, to }) => !uses(to) || owner.test(from)),
      [],
      name,
    )
  }
})

test('every lib stands in the table of layers', async () => {
  const found = new Set(files.filter(file => file.startsWith('libs/')).map(file => file.split('/')[1] ?? ''))
  assert.deepEqual(found, new Set(Object.keys(libs)))
})

test('only the settings reader, telemetry and the tools of a developer read the environment', async () => {
  const readers = await Promise.all(
    files
      .filter(
        file => !isTest(file) && !/^(deploy\/(local|examples)|cli)\/|^libs\/(config|telemetry)\//.test(file),
      )
      .map(async file => [file, (await readFile(join(root, file), 'utf8')).includes('process.env')] as const),
  )
  assert.deepEqual(
    readers.filter(([, reads]) => reads).map(([file]) => file),
    [],
  )
})
