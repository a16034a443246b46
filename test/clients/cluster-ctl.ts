import { execFile } from 'node:child_process'
import { serverEnvironment } from '#deploy/local/server-environment.ts'

/** What a run of the real `ipfs-cluster-ctl` left behind. */
export type CtlRun = { exitCode: number; stdout: string; stderr: string }

/** Exit codes of ipfs-cluster-ctl (cmd/ipfs-cluster-ctl/main.go, `formatResponse` and `checkErr`). */
export const exitCodes = { success: 0, noAnswer: 1, apiError: 2, waitTimedOut: 62 } as const

/** Runs ipfs-cluster-ctl as a user would. */
export type Ctl = {
  /** Resolves whatever the exit code is. Rejects when the program did not end by itself within a minute. */
  run: (...args: string[]) => Promise<CtlRun>
  /** With `--enc=json`; answers the documents it prints. Throws unless it exits with 0. */
  json: (...args: string[]) => Promise<Record<string, unknown>[]>
  /** The same program with other credentials; an empty text sends none. */
  as: (credentials: string) => Ctl
}

type CtlOptions = { binary: string; port: number; credentials: string }

export function createCtl({ binary, port, credentials }: CtlOptions): Ctl {
  const auth = credentials ? ['--basic-auth', credentials, '--force-http'] : []
  const common = ['--host', `/ip4/127.0.0.1/tcp/${port}`, ...auth]

  const run = (...args: string[]) =>
    new Promise<CtlRun>((resolve, reject) => {
      const options = { env: serverEnvironment({}), timeout: 60_000, maxBuffer: 64 * 1024 ** 2 }
      execFile(binary, [...common, ...args], options, (error, stdout, stderr) => {
        const exitCode = error ? error.code : 0
        if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr })
        else reject(new Error(`ipfs-cluster-ctl ${args.join(' ')} did not end by itself`, { cause: error }))
      })
    })

  async function json(...args: string[]) {
    const { exitCode, stdout, stderr } = await run('--enc=json', ...args)
    if (exitCode !== 0) throw new Error(`ctl ${args.join(' ')} exits ${exitCode}: ${stdout}${stderr}`)
    return parseDocuments(stdout)
  }

  return { run, json, as: other => createCtl({ binary, port, credentials: other }) }
}

/** It prints one indented document after the other: each ends with a line that begins with its closing bracket. */
function parseDocuments(printed: string): Record<string, unknown>[] {
  return printed
    .split(/(?<=^(?:[}\]]|\[\]|\{\}|null)$)\n/m)
    .filter(document => document.trim() !== '')
    .map(document => JSON.parse(document))
}
