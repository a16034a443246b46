import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { projectRoot } from '../service-command.ts'
import { expectOk } from './loopback-http.ts'
import { StackError } from './stack-error.ts'
import { createSupervisor } from './supervisor.ts'
import { createTestFolder } from './test-folder.ts'
import { findTraceViewer, startTraceViewer } from './trace-viewer.ts'
import { TRACE_VIEWERS } from './trace-viewers.ts'

const timeout = 60_000
const run = promisify(execFile)
const local = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const environment = { ...process.env }
afterEach(() => {
  process.env = { ...environment }
})

/** A program of this name that takes and shows traces. */
async function writeViewer(folder: string, binary: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = join(folder, binary)
  const standIn = local('testing/trace-viewer-program.ts')
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${standIn}' ${binary} "$@"\n`)
  await chmod(file, 0o755)
  return file
}

for (const { name, binary, tracePath } of TRACE_VIEWERS)
  test(`${name} is found on PATH and gets the spans of a service`, { timeout }, async () => {
    await using folder = await createTestFolder()
    const file = await writeViewer(join(folder.path, 'bin'), binary)
    process.env = { PATH: join(folder.path, 'bin') }
    const viewer = await findTraceViewer()
    assert.equal(viewer.file, file)
    await using supervisor = createSupervisor(pino({ level: 'silent' }))
    const traces = await startTraceViewer(supervisor, { dataDir: join(folder.path, 'traces'), viewer })
    assert.equal(traces.settings.TRACE_URL_TEMPLATE, traces.url + tracePath)
    const program = ['--import', './libs/telemetry/otel.ts', 'libs/telemetry/testing/traced-program.ts']
    await run(process.execPath, program, { env: traces.settings, cwd: projectRoot })
    const shown = await (await expectOk(traces.url)).text()
    assert.ok(shown.includes('outer'), 'the name of a span')
  })

test('all that a viewer listens on is a port of loopback', () => {
  const ports = { ui: 10_001, otlp: 10_002, grpc: 10_003 }
  for (const { args, env } of TRACE_VIEWERS) {
    const text = [...args(ports), ...Object.values(env(ports))].join(' ')
    for (const port of Object.values(ports)) assert.match(text, new RegExp(`\\b${port}\\b`))
    // Not a number after the name of a field.
    for (const [, host] of text.matchAll(/([^\s"=]*)(?<!\w"):\d+/g)) assert.equal(host, '127.0.0.1')
  }
})

test('of two viewers the first that can be executed is taken', { timeout }, async () => {
  await using folder = await createTestFolder()
  for (const { binary } of TRACE_VIEWERS) await writeViewer(folder.path, binary)
  await chmod(join(folder.path, 'jaeger'), 0o644)
  process.env = { PATH: folder.path }
  assert.equal((await findTraceViewer()).binary, 'jaeger-all-in-one')
})

test('without a viewer nothing is started, and the error names what was looked for', {
  timeout,
}, async () => {
  await using folder = await createTestFolder()
  const dataDir = join(folder.path, 'data')
  const started = run(process.execPath, [local('start.ts'), '--traces', '--data', dataDir], {
    env: { PATH: folder.path, HOME: folder.path },
  })
  const named = /--traces.* jaeger \(Jaeger 2\), jaeger-all-in-one \(Jaeger 1\), otel-desktop-viewer/
  await assert.rejects(started, { code: 1, stderr: named })
  assert.ok(!existsSync(dataDir))
})

test('a setting that leads traces or links elsewhere is refused', { timeout }, async () => {
  await using folder = await createTestFolder()
  await writeViewer(folder.path, 'jaeger')
  process.env = { PATH: folder.path, TRACE_URL_TEMPLATE: 'http://elsewhere/{traceId}' }
  await assert.rejects(
    findTraceViewer(),
    error => error instanceof StackError && /TRACE_URL_TEMPLATE/.test(error.message),
  )
})
