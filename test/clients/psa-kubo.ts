import { execFile } from 'node:child_process'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { serverEnvironment } from '#deploy/local/server-environment.ts'

/** What a run of the real `ipfs` left behind. */
export type IpfsRun = { exitCode: number; stdout: string; stderr: string }

/** A line of `ipfs pin remote ls`, and the answer of `ipfs pin remote add`. */
export type RemotePin = { Status: string; Cid: string; Name: string }

/** Kubo's command line over a running node, whose own client of pinning services does the work. */
export type IpfsCommand = {
  /** Resolves whatever the exit code is. Rejects when the program did not end by itself within two minutes. */
  run: (...args: string[]) => Promise<IpfsRun>
  /** Answers the JSON that it prints a line of. Throws unless it exits with 0. */
  json: <T>(...args: string[]) => Promise<T[]>
}

export function createIpfsCommand(binary: string, node: Pick<RunningKubo, 'apiUrl'>): IpfsCommand {
  const { port, username, password } = new URL(node.apiUrl)
  const common = ['--api', `/ip4/127.0.0.1/tcp/${port}`, '--api-auth', `basic:${username}:${password}`]

  const run = (...args: string[]) =>
    new Promise<IpfsRun>((resolve, reject) => {
      const options = { env: serverEnvironment({}), timeout: 120_000, maxBuffer: 64 * 1024 ** 2 }
      execFile(binary, [...common, ...args], options, (error, stdout, stderr) => {
        const exitCode = error ? error.code : 0
        if (typeof exitCode === 'number') resolve({ exitCode, stdout, stderr })
        else reject(new Error(`ipfs ${args.join(' ')} did not end by itself`, { cause: error }))
      })
    })

  async function json<T>(...args: string[]): Promise<T[]> {
    const { exitCode, stdout, stderr } = await run('--enc=json', ...args)
    if (exitCode !== 0) throw new Error(`ipfs ${args.join(' ')} exits ${exitCode}: ${stdout}${stderr}`)
    const lines = stdout.split('\n').filter(line => line !== '')
    return lines.map(line => JSON.parse(line) as T)
  }

  return { run, json }
}
