import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readBenches } from '#deploy/bench/read-benches.ts'
import { projectRoot } from '#deploy/service-command.ts'
import { describeMachine } from './machine.ts'
import { replaceRows } from './performance-document.ts'
import type { Row } from './report.ts'

/*
 * Runs all benches one after another, or those that are named, and writes their rows into docs/performance.md. Keep the
 * machine quiet; it takes hours. Exit code 1 when a bench failed, whose old rows then stay; a missed target is no failure.
 *
 * Usage: npm run bench [-- NAME...]
 */
const document = join(projectRoot, 'docs', 'performance.md')
const results = join(tmpdir(), `pickup-bench-${process.pid}.jsonl`)

/** Shows what it prints, and gives the rows among it; undefined when it failed. */
async function runBench(args: readonly string[]): Promise<Row[] | undefined> {
  const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'inherit'] })
  const rows: Row[] = []
  const ended = once(child, 'close')
  for await (const line of createInterface({ input: child.stdout })) {
    process.stdout.write(`${line}\n`)
    if (line.startsWith('{"bench":')) rows.push(JSON.parse(line))
  }
  const [code] = await ended
  return code === 0 && rows.length > 0 ? rows : undefined
}

const benches = await readBenches()
const names = [...benches.keys()]
const wanted = process.argv.length > 2 ? process.argv.slice(2) : names
const unknown = wanted.filter(name => !benches.has(name))
if (unknown.length > 0)
  throw new Error(`there is no bench ${unknown.join(', ')}; there are ${names.join(', ')}`)

const machine = await describeMachine()
const failed: string[] = []
for (const name of wanted) {
  process.stdout.write(`\nbench:${name} began at ${new Date().toISOString()}\n`)
  const rows = await runBench(benches.get(name) ?? [])
  if (!rows) {
    failed.push(name)
    continue
  }
  await writeFile(results, rows.map(row => `${JSON.stringify(row)}\n`).join(''), { flag: 'a' })
  const date = new Date().toISOString().slice(0, 10)
  const text = replaceRows(await readFile(document, 'utf8'), { rows, machine, date, names })
  await writeFile(document, text)
}
process.stdout.write(`\nThe rows are in docs/performance.md, and as JSON lines in ${results}\n`)
if (failed.length > 0) {
  process.stderr.write(`Failed: ${failed.join(', ')}\n`)
  process.exitCode = 1
}
