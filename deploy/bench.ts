import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readBenchCommandLine, USAGE } from './bench/command-line.ts'
import { readBenches } from './bench/read-benches.ts'
import { StackError } from './local/stack-error.ts'
import { projectRoot } from './service-command.ts'

/** Resolves with the exit code. */
async function main(): Promise<number> {
  try {
    const args = readBenchCommandLine(process.argv.slice(2), await readBenches())
    if (args) return await run(args)
    process.stdout.write(USAGE)
    return 0
  } catch (error) {
    if (!(error instanceof StackError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

/** In a process of its own, so that it measures what npm would. */
async function run(args: readonly string[]): Promise<number> {
  if (!existsSync(join(projectRoot, 'test', 'bench')))
    throw new StackError(
      `${projectRoot} has no benches: they need a checkout of Pickup in which "npm ci" has run, and not an image or a copy of parts`,
    )
  const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: 'inherit' })
  // A terminal sends Ctrl-C to both, which counts once. Whoever sends a signal otherwise knows this process only.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  const [code, signal] = await once(child, 'exit')
  return code ?? (signal === 'SIGINT' ? 130 : 1)
}

process.exitCode = await main()
