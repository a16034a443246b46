import { fileURLToPath } from 'node:url'
import { findPrograms, type Program } from '#deploy/local/find-programs.ts'
import { createLogger } from '#libs/telemetry/index.ts'

// Building takes minutes: its progress is to be seen even where the tests' own log is quiet.
const log = createLogger('test-clients', 'info')
const moduleDir = fileURLToPath(new URL('.', import.meta.url))

const ctl: Program = {
  binary: 'ipfs-cluster-ctl',
  variable: 'IPFS_CLUSTER_CTL_BIN',
  goPackage: 'github.com/ipfs-cluster/ipfs-cluster/cmd/ipfs-cluster-ctl',
  versionArgument: '--version',
  oldest: [1, 1, 6],
}

const service: Program = {
  binary: 'ipfs-cluster-service',
  variable: 'IPFS_CLUSTER_SERVICE_BIN',
  goPackage: 'github.com/ipfs-cluster/ipfs-cluster/cmd/ipfs-cluster-service',
  versionArgument: '--version',
  oldest: [1, 1, 6],
}

/** Path of the real command line client: as servers are found, else built from the `go.mod` here, once per user. */
export async function findClusterCtl(): Promise<string> {
  return (await findPrograms({ ctl }, { moduleDir, log })).ctl
}

/** Path of the real server, for benches beside ours. Found or built as the client is. */
export async function findClusterService(): Promise<string> {
  return (await findPrograms({ service }, { moduleDir, log })).service
}
