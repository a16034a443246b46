import { fileURLToPath } from 'node:url'
import type { Logger } from '#libs/telemetry/index.ts'
import { findPrograms, type Program } from './find-programs.ts'

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
} as const satisfies Record<string, Program>

/** Paths of the executable files. */
export type ServerBinaries = Record<keyof typeof SERVERS, string>

/** Finds each server, or builds the versions that `go.mod` here pins. Throws `StackError` with what to install. */
export async function findServers(log: Logger, signal?: AbortSignal): Promise<ServerBinaries> {
  const found = await findPrograms(SERVERS, {
    moduleDir: fileURLToPath(new URL('.', import.meta.url)),
    log,
    ...(signal && { signal }),
  })
  log.debug(found, 'servers')
  return found
}
