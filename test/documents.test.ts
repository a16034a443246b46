import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { failureCodes } from '#libs/errors/index.ts'
import * as events from '#libs/events/index.ts'
import { provisionSettings } from '../deploy/provision-settings.ts'
import { fetcherSettings } from '../services/fetcher/config.ts'
import { gatewaySettings } from '../services/gateway/config.ts'
import { indexerBridgeSettings } from '../services/indexer-bridge/config.ts'
import { statusSettings } from '../services/status/config.ts'
import { validatorSettings } from '../services/validator/config.ts'
import { metricsDocument } from './documents/metrics-document.ts'

const services = {
  gateway: gatewaySettings,
  fetcher: fetcherSettings,
  validator: validatorSettings,
  status: statusSettings,
  'indexer-bridge': indexerBridgeSettings,
  provision: provisionSettings,
}
const document = (name: string) => readFile(new URL(`../${name}`, import.meta.url), 'utf8')
const rowsOf = (text: string) =>
  text
    .split('\n')
    .filter(line => line.startsWith('| '))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    )
const codesIn = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '')

test("the README's table has every setting, with its default", async () => {
  const rows = rowsOf(await document('README.md'))
  const documented = rows.flatMap(([names, defaults, readers = '']) =>
    codesIn(names).map((name, i) => ({ name, fallback: codesIn(defaults)[i], readers: readers.split(', ') })),
  )
  /** A setting may have a row for each service that reads it in its own way. */
  const rowOf = (name: string, service: string) =>
    documented.find(row => row.name === name && row.readers.includes(service)) ??
    documented.find(row => row.name === name)
  for (const [service, { properties }] of Object.entries(services)) {
    for (const [name, schema] of Object.entries(properties)) {
      const row = rowOf(name, service)
      assert.ok(row, `${name} of ${service} is not in the table`)
      const fallback = 'default' in schema ? String(schema.default) : ''
      assert.equal(row.fallback ?? '', fallback, `the default of ${name}`)
    }
  }
})

test("the README's table has no setting that nobody reads", async () => {
  const known = new Set(Object.values(services).flatMap(({ properties }) => Object.keys(properties)))
  const names = rowsOf(await document('README.md'))
    .flatMap(([first]) => codesIn(first))
    .filter(name => /^[A-Z0-9_]{4,}$/.test(name))
  assert.deepEqual(
    names.filter(name => !known.has(name) && !name.startsWith('OTEL_')),
    [],
  )
})

test("ARCHITECTURE's table has every failure code, with its sentence", async () => {
  const rows = rowsOf(await document('ARCHITECTURE.md'))
  for (const [code, sentence] of Object.entries(failureCodes)) {
    assert.ok(
      rows.some(cells => cells.includes(`\`${code}\``) && cells.includes(sentence)),
      `${code} is not in the table`,
    )
  }
})

test("ARCHITECTURE's table has every event", async () => {
  const rows = rowsOf(await document('ARCHITECTURE.md'))
  for (const event of Object.values(events)) {
    if (typeof event !== 'object') continue
    assert.ok(
      rows.some(([first]) => codesIn(first).includes(event.subject)),
      `${event.subject} is not in the table`,
    )
  }
})

test("the README's example is the program that a test runs", async () => {
  const [, example = ''] = /```ts\n(.*?)```/s.exec(await document('README.md')) ?? []
  const program = await document('deploy/examples/producer.ts')
  assert.ok(example.length > 0)
  assert.deepEqual(
    example.split('\n').filter(line => !program.includes(line)),
    [],
  )
})

/** The titles of the tests in a file; of one that is made from a template, each literal part. */
const titlesIn = (program: string) =>
  [...program.matchAll(/\b(?:test|suite|describe)\(\s*(?:'(.*?)'|"(.*?)"|`(.*?)`),/g)].flatMap(
    ([, single, double, template]) => {
      const parts = template?.split(/\$\{.*?\}/) ?? [single ?? double ?? '']
      return parts.map(part => part.trim()).filter(part => part !== '')
    },
  )

/** What a cell names: paths of test files, each before the titles of tests in it. */
function testsNamedIn(cell = ''): { file: string; title: string }[] {
  let file = ''
  return codesIn(cell).flatMap(code => {
    if (!code.endsWith('.test.ts')) return [{ file, title: code }]
    file = code
    return []
  })
}

test('every statement of the RUNBOOK is shown by tests that there are', async () => {
  const cwd = fileURLToPath(new URL('../', import.meta.url))
  const files = await Array.fromAsync(glob('{services,libs,deploy,cli,test}/**/*.test.ts', { cwd }))
  const titles = new Map<string, string[]>()
  const rows = rowsOf(await document('deploy/RUNBOOK.md')).filter(([first = '']) => !/^-+$/.test(first))
  const heads = rows.filter(row => row.at(-1) === 'shown by')
  assert.equal(heads.length, 2)
  for (const row of rows.filter(cells => !heads.includes(cells))) {
    const named = testsNamedIn(row.at(-1))
    assert.ok(named.length > 0, `no test shows: ${row[0]}`)
    for (const { file, title } of named) {
      const [path = '', ...others] = files.filter(name => `/${name}`.endsWith(`/${file}`))
      assert.ok(path !== '' && others.length === 0, `${file} is not one test file: ${row[0]}`)
      if (!titles.has(path)) titles.set(path, titlesIn(await document(path)))
      assert.ok(titles.get(path)?.includes(title), `${file} has no test of this title: ${title}`)
    }
  }
})

test('docs/metrics.md says what the table of metrics says', async () => {
  assert.equal(await document('docs/metrics.md'), metricsDocument(), 'stale: npm run docs:metrics')
})

test('docs/performance.md describes every bench, and names no command that is not there', async () => {
  const { scripts } = JSON.parse(await document('package.json'))
  const benches = Object.keys(scripts).flatMap(name => /^bench:(.+)/.exec(name)?.[1] ?? [])
  const text = await document('docs/performance.md')
  const described = rowsOf(text).flatMap(([first]) => codesIn(first))
  assert.deepEqual(
    benches.filter(name => !described.includes(name)),
    [],
  )
  const named = [...text.matchAll(/npm run bench:([a-z-]+)/g)].map(([, name = '']) => name)
  assert.deepEqual(
    named.filter(name => !benches.includes(name)),
    [],
  )
  // A row of the generated table ends in the command that measures it, and the date.
  const generated = text.slice(text.indexOf('<!-- Written by'), text.indexOf('<!-- The end of'))
  const rows = rowsOf(generated).filter(([first]) => first !== 'work' && first !== '---')
  assert.deepEqual(
    rows.filter(cells => !benches.includes(/^`npm run bench:(.+)`$/.exec(cells.at(-2) ?? '')?.[1] ?? '')),
    [],
  )
})
