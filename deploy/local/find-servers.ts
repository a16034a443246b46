import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, constants, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from '#libs/telemetry/index.ts'
import { buildServers } from './build-servers.ts'
import { cacheDir } from './folders.ts'
import { StackError } from './stack-error.ts'

type Server = {
  /** File name, as installed by its packages and as `go build` names it. */
  binary: string
  /** Variable that names another file. Its version is not asked for. */
  variable: string
  goPackage: string
  versionArgument: string
  oldest: readonly [number, number, number]
}

// Oldest versions: Kubo has `Internal.Bitswap.BroadcastControl` and the settings of `Provide`; nats-server has the fixes
// of lost work-queue messages and max-deliver state; versitygw has `--sidecar` and holds uploads of 10,000 parts.
const SERVERS = {
  kubo: {
    binary: 'ipfs',
    variable: 'KUBO_BIN',
    goPackage: 'github.com/ipfs/kubo/cmd/ipfs',
    versionArgument: '--version',
    oldest: [0, 43, 0],
  },
  nats: {
    binary: 'nats-server',
    variable: 'NATS_SERVER_BIN',
    goPackage: 'github.com/nats-io/nats-server/v2',
    versionArgument: '--version',
    oldest: [2, 12, 9],
  },
  versitygw: {
    binary: 'versitygw',
    variable: 'VERSITYGW_BIN',
    goPackage: 'github.com/versity/versitygw/cmd/versitygw',
    versionArgument: '--version',
    oldest: [1, 7, 0],
  },
} as const satisfies Record<string, Server>

/** Paths of the executable files. */
export type ServerBinaries = Record<keyof typeof SERVERS, string>

/**
 * Finds each server: named by its variable, on PATH in a version that is good enough, in the user's cache, or built into
 * that cache from the versions that `go.mod` pins. Throws {@link StackError} with what to install.
 */
export async function findServers(log: Logger, signal?: AbortSignal): Promise<ServerBinaries> {
  const built = await builtDir()
  const found = new Map<string, string>()
  for (const [name, server] of Object.entries(SERVERS)) {
    const path =
      (await named(server)) ?? (await onPath(server)) ?? (await executable(join(built, server.binary)))
    if (path) found.set(name, path)
  }
  const missing = Object.entries(SERVERS).filter(([name]) => !found.has(name))
  if (missing.length > 0) {
    await buildInto(
      built,
      missing.map(([, server]) => server),
      log,
      signal,
    )
    for (const [name, server] of missing) found.set(name, join(built, server.binary))
  }
  log.debug(Object.fromEntries(found), 'servers')
  return Object.fromEntries(found) as ServerBinaries
}

/** One folder per set of pinned versions and per platform: a home folder may be shared by machines. */
async function builtDir(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(new URL(file, import.meta.url)))
  return join(cacheDir(), `${hash.digest('hex').slice(0, 16)}-${process.platform}-${process.arch}`)
}

/** Two builders at once do not disturb each other: each builds into its own folder, and a rename is atomic. */
async function buildInto(dir: string, servers: readonly Server[], log: Logger, signal?: AbortSignal) {
  await mkdir(dir, { recursive: true })
  const half = await mkdtemp(join(dir, 'build-'))
  try {
    const names = servers.map(server => server.binary)
    const packages = servers.map(server => server.goPackage)
    await buildServers({ names, packages, outputDir: half, log, ...(signal && { signal }) })
    for (const name of names) await rename(join(half, name), join(dir, name))
  } finally {
    await rm(half, { recursive: true, force: true })
  }
}

async function named({ variable }: Server): Promise<string | undefined> {
  const path = process.env[variable]
  if (!path) return undefined
  if (await executable(path)) return path
  throw new StackError(`${variable} names ${path}, which is not an executable file`)
}

async function onPath(server: Server): Promise<string | undefined> {
  for (const dir of (process.env.PATH ?? '').split(delimiter)) {
    const path = dir && (await executable(join(dir, server.binary)))
    if (path && (await isNewEnough(path, server))) return path
  }
  return undefined
}

/** A version that cannot be read (a development build) does not count as good enough. */
async function isNewEnough(path: string, { versionArgument, oldest }: Server): Promise<boolean> {
  const printed = await promisify(execFile)(path, [versionArgument], { timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  )
  const numbers = /(\d+)\.(\d+)\.(\d+)/.exec(printed)?.slice(1).map(Number)
  if (!numbers) return false
  const different = numbers.findIndex((number, i) => number !== oldest[i])
  return different === -1 || (numbers[different] ?? 0) > (oldest[different] ?? 0)
}

async function executable(path: string): Promise<string | undefined> {
  return await access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  )
}
