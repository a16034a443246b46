import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { ReadyFile } from '#deploy/local/ready-file.ts'
import { createTestFolder } from '#deploy/local/test-folder.ts'
import { projectRoot } from '#deploy/service-command.ts'
import { type Figures, measured, report } from './report.ts'

/*
 * `npm start` on a folder that has been used before, from the command until the gateway says that it is ready. Other
 * starts before have built the servers and filled the compile cache.
 *
 * Usage: node test/bench/start.ts [--runs 5]
 */
const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } })

async function start(folder: string): Promise<Figures> {
  const readyFile = join(folder, 'ready.json')
  const flags = ['--isolated', '--port', '0', '--data', join(folder, 'data'), '--ready-file', readyFile]
  const startedAt = performance.now()
  const program = ['--import', './libs/service/compile-cache.ts', 'deploy/local/start.ts']
  const child = spawn(process.execPath, [...program, ...flags], {
    cwd: projectRoot,
    env: { ...process.env, LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = once(child, 'exit')
  const endedEarly = ended.then(([code]) => {
    throw new Error(`npm start ended with ${code}`)
  })
  try {
    const isReady = async () => {
      const { gatewayUrl }: ReadyFile = JSON.parse(await readFile(readyFile, 'utf8'))
      const answer = await fetch(`${gatewayUrl}/health/ready`)
      if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`)
    }
    const ready = pollUntil(isReady, { what: 'npm start', timeoutMs: 120_000, intervalMs: 20 })
    await Promise.race([ready, endedEarly])
    return { s: (performance.now() - startedAt) / 1_000 }
  } finally {
    endedEarly.catch(() => undefined)
    child.kill('SIGINT')
    await ended
  }
}

await using folder = await createTestFolder()
await start(folder.path)
const runs: Figures[] = []
while (runs.length < Number(values.runs)) runs.push(await start(folder.path))
const row = { bench: 'start', work: 'start of all servers and services, warm', target: { atMost: 5 } }
process.stdout.write(report([measured(row, runs)]))
