import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Logger } from '#libs/telemetry/index.ts'
import { StackError } from './stack-error.ts'

const PROGRESS_MS = 15_000

type Build = {
  names: readonly string[]
  packages: readonly string[]
  /** Folder of the `go.mod` that pins their versions. */
  moduleDir: string
  outputDir: string
  log: Logger
  signal?: AbortSignal
}

/** Compiles the pinned versions with Go and says every few seconds that it is still at work. About 90 s on two cores. */
export async function buildPrograms({
  names,
  packages,
  moduleDir,
  outputDir,
  log,
  signal,
}: Build): Promise<void> {
  const what = names.join(', ')
  await requireGo(what)
  log.info(`building ${what} from source: once per machine, one to four minutes`)
  const startedAtMs = performance.now()
  const seconds = () => Math.round((performance.now() - startedAtMs) / 1000)
  const go = spawn('go', ['build', '-buildvcs=false', '-o', `${outputDir}/`, ...packages], {
    cwd: moduleDir,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal && { signal }),
  })
  let lastLine = ''
  createInterface({ input: go.stderr }).on('line', line => {
    lastLine = line
    log.debug({ service: 'go' }, line)
  })
  const progress = setInterval(
    () => log.info({ elapsed: `${seconds()} s` }, `still building ${what} ${lastLine && `(${lastLine})`}`),
    PROGRESS_MS,
  )
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>()
    go.once('error', reject).once('close', resolve)
    const code = await promise
    if (code !== 0) throw new StackError(`go build of ${what} failed with exit code ${code}: ${lastLine}`)
  } finally {
    clearInterval(progress)
  }
  log.info(`built ${what} in ${seconds()} s`)
}

/** Go 1.21 and later fetch the tool chain that `go.mod` asks for by themselves. */
async function requireGo(what: string): Promise<void> {
  const version = await promisify(execFile)('go', ['env', 'GOVERSION']).then(
    ({ stdout }) => /go1\.(\d+)/.exec(stdout)?.[1],
    () => undefined,
  )
  if (Number(version ?? 0) >= 21) return
  throw new StackError(
    `${what} not found, and no Go >= 1.21 to build them: install Go (https://go.dev/dl) or the programs themselves, or use docker compose`,
  )
}
