import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { serverEnvironment } from '#deploy/local/server-environment.ts'
import { createTestFolder } from '#deploy/local/test-folder.ts'
import { runCli } from '../run-cli.ts'

/** What a run of `pickup` left behind. */
export type CliRun = { exitCode: number; stdout: string; stderr: string }

type Options = {
  env?: Record<string, string>
  stdin?: string | Uint8Array
  signal?: AbortSignal
  isTerminal?: boolean
  onStderr?: (text: string) => void
}

/** A user with a home of their own, in which there is nothing. Disposing removes it. */
export type CliUser = AsyncDisposable & {
  home: string
  /** The path of a file at home. */
  at: (name: string) => string
  /** Runs `pickup` as in a pipe, or on a terminal. */
  run: (args: readonly string[], options?: Options) => Promise<CliRun>
  /** Runs it with `--json` and answers the objects that it prints. Throws unless it exits with `exitCode`. */
  json: <T>(args: readonly string[], exitCode?: number) => Promise<T[]>
}

/** `always` is in the environment of each run. */
export async function createCliUser(always: Record<string, string> = {}): Promise<CliUser> {
  const folder = await createTestFolder()
  const home = folder.path
  const own = { HOME: home, XDG_CONFIG_HOME: join(home, '.config'), XDG_DATA_HOME: home, ...always }

  const run: CliUser['run'] = async (args, options = {}) => {
    const { env, stdin = '', signal = new AbortController().signal, isTerminal = false, onStderr } = options
    const stdout = collect(isTerminal)
    const stderr = collect(isTerminal, onStderr)
    const exitCode = await runCli(args, {
      stdin: Readable.from([Buffer.from(stdin)]),
      stdout: stdout.stream,
      stderr: stderr.stream,
      env: serverEnvironment({ ...own, ...env }),
      signal,
    })
    return { exitCode, stdout: stdout.text(), stderr: stderr.text() }
  }

  return {
    home,
    at: name => join(home, name),
    run,
    async json<T>(args: readonly string[], expected = 0) {
      const { exitCode, stdout, stderr } = await run([...args, '--json'])
      if (exitCode !== expected)
        throw new Error(`pickup ${args.join(' ')} exits with ${exitCode}: ${stdout}${stderr}`)
      const lines = stdout.split('\n').filter(line => line !== '')
      return lines.map(line => JSON.parse(line) as T)
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

/** Has all that is used of a terminal. */
function collect(isTTY: boolean, onText?: (text: string) => void) {
  let text = ''
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      text += chunk
      onText?.(chunk)
      done()
    },
  })
  return {
    stream: Object.assign(stream, { isTTY, columns: 120 }) as unknown as NodeJS.WriteStream,
    text: () => text,
  }
}
