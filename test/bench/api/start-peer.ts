import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keepPorts } from '#deploy/local/kept-ports.ts'
import { type RunningKubo, startKubo } from '#deploy/local/kubo.ts'
import { expectOk } from '#deploy/local/loopback-http.ts'
import { serverEnvironment } from '#deploy/local/server-environment.ts'
import type { SupervisedChild } from '#deploy/local/supervised-child.ts'
import type { Supervisor } from '#deploy/local/supervisor.ts'
import { findClusterService } from '../../clients/cluster-programs.ts'

type PeerOptions = { dataDir: string; kuboBinary: string }

/** A running ipfs-cluster-service with a Kubo of its own. */
export type RunningPeer = { url: string; child: SupervisedChild; kubo: RunningKubo }

/**
 * Starts ipfs-cluster-service with the settings of its `init`: CRDT, batching off, ten pins at once. Changed are ports,
 * loopback only, no discovery of other peers, and credentials `user:secret`.
 */
export async function startPeer(supervisor: Supervisor, options: PeerOptions): Promise<RunningPeer> {
  const { dataDir, kuboBinary } = options
  const binary = await findClusterService()
  await mkdir(dataDir, { recursive: true })
  const kubo = await startKubo(supervisor, {
    dataDir: join(dataDir, 'kubo'),
    name: 'peer-kubo',
    binary: kuboBinary,
    isolated: true,
    rpcAuthorization: false,
  })
  const folder = join(dataDir, 'cluster')
  const env = serverEnvironment({ IPFS_CLUSTER_PATH: folder })
  const ports = await keepPorts(join(dataDir, 'ports.json'), ['api', 'cluster'])
  await supervisor.run({ name: 'peer-init', command: binary, args: ['init', '--consensus', 'crdt'], env })
  await configure(join(folder, 'service.json'), ports, Number(new URL(kubo.apiUrl).port))
  const url = `http://127.0.0.1:${ports.api}`
  const authorization = `Basic ${Buffer.from('user:secret').toString('base64')}`
  const child = await supervisor.start({
    name: 'peer',
    command: binary,
    args: ['daemon'],
    env,
    probe: () => expectOk(`${url}/id`, { headers: { authorization } }),
  })
  return { url, child, kubo }
}

async function configure(file: string, ports: { api: number; cluster: number }, kuboPort: number) {
  const config = JSON.parse(await readFile(file, 'utf8'))
  const loopback = (port: number) => `/ip4/127.0.0.1/tcp/${port}`
  Object.assign(config.cluster, {
    peername: 'peer',
    listen_multiaddress: [loopback(ports.cluster)],
    mdns_interval: '0s',
  })
  config.api = {
    restapi: {
      ...config.api.restapi,
      http_listen_multiaddress: loopback(ports.api),
      basic_auth_credentials: { user: 'secret' },
    },
  }
  config.ipfs_connector.ipfshttp.node_multiaddress = loopback(kuboPort)
  await writeFile(file, JSON.stringify(config))
}
