import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { promisify } from 'node:util'
import { findServers } from '#deploy/local/find-servers.ts'
import { findPostgres } from '#deploy/local/postgres-binaries.ts'
import { createLogger } from '#libs/telemetry/index.ts'

/** What figures depend on, in one line: the machine, and the versions of the servers. */
export async function describeMachine(): Promise<string> {
  const { kubo, nats, versitygw } = await findServers(createLogger('bench', 'warn'))
  const { postgres } = await findPostgres()
  const servers = { Kubo: kubo, 'nats-server': nats, versitygw, Postgres: postgres }
  const versions = Object.entries(servers).map(async ([name, binary]) => `${name} ${await versionOf(binary)}`)
  const memoryGib = Math.round(totalmem() / 1024 ** 3)
  const model = (cpus()[0]?.model ?? 'unknown CPU').trim().replace(/\s+/g, ' ')
  const hardware = `${availableParallelism()} cores (${model}), ${memoryGib} GiB`
  return [hardware, `Node ${process.versions.node}`, ...(await Promise.all(versions))].join(', ')
}

async function versionOf(binary: string): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, ['--version'])
  return /\d+(\.\d+)+/.exec(stdout)?.[0] ?? (await builtVersionOf(binary))
}

/** A versitygw that `go build` has made of a module knows its version only from the list of modules in the file. */
async function builtVersionOf(binary: string): Promise<string> {
  const program = await readFile(binary, 'latin1')
  return /\tgithub\.com\/versity\/versitygw\tv([\d.]+)/.exec(program)?.[1] ?? 'of an unknown version'
}
