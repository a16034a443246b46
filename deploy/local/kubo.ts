import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { keepPorts } from './kept-ports.ts'
import { configureKubo, type KuboSettings } from './kubo-config.ts'
import { expectOk } from './loopback-http.ts'
import { keep, randomSecret, writePrivateFile } from './private-file.ts'
import { serverEnvironment } from './server-environment.ts'
import type { SupervisedChild } from './supervised-child.ts'
import type { Supervisor } from './supervisor.ts'

export type RunningKubo = {
  child: SupervisedChild
  /** RPC address with its credentials, as `http://user:password@host:port`. */
  apiUrl: string
  gatewayUrl: string
  peerId: string
  /** Where other nodes reach it, each with `/p2p/<peerId>`. */
  multiaddrs: string[]
}

type KuboOptions = {
  dataDir: string
  binary: string
  /** No traffic beyond loopback. For tests. */
  isolated: boolean
  /** In logs and in the list of processes. Default `kubo`. */
  name?: string
  /** Runs without any network at all. */
  offline?: boolean
  /** RPC needs the credentials in `apiUrl`. Default true: any user of the machine can connect to loopback. */
  rpcAuthorization?: boolean
  /** Go durations. Default 4h, the longest job. */
  retrievalTimeout?: string
  maxRequestDuration?: string
  /** More to set in Kubo's configuration, merged into what is there. */
  extraConfig?: { [section: string]: unknown }
  /** How often it looks at the policies of its remote pinning services: a Go duration. Kubo's own default is 30s. */
  mfsPinPollInterval?: string
}

/** Starts an IPFS node; call it several times with folders of their own for several nodes. */
export async function startKubo(supervisor: Supervisor, options: KuboOptions): Promise<RunningKubo> {
  const { dataDir, binary, name = 'kubo', isolated, offline = false, rpcAuthorization = true } = options
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const repo = join(dataDir, 'repo')
  const polling = options.mfsPinPollInterval ? { MFS_PIN_POLL_INTERVAL: options.mfsPinPollInterval } : {}
  const env = (path: string) => serverEnvironment({ IPFS_PATH: path, IPFS_TELEMETRY: 'off', ...polling })
  if (!existsSync(repo)) {
    const half = `${repo}-half`
    await rm(half, { recursive: true, force: true })
    const profile = isolated ? ['--profile=test,announce-off'] : []
    const args = ['init', '--empty-repo', ...profile]
    await supervisor.run({ name: `${name}-init`, command: binary, args, env: env(half) })
    await rename(half, repo)
  }
  const { password } = await keep(join(dataDir, 'secrets.json'), () => ({ password: randomSecret() }))
  const credentials = rpcAuthorization ? `pickup:${password}` : undefined
  const ports = await keepPorts(join(dataDir, 'ports.json'), ['api', 'gateway', 'swarm'])
  await writeConfig(join(repo, 'config'), {
    ports,
    isolated,
    rpcAuthorization: credentials,
    retrievalTimeout: options.retrievalTimeout ?? '4h',
    maxRequestDuration: options.maxRequestDuration ?? '4h',
    extra: options.extraConfig ?? {},
  })
  const id = async () => await fetchId(`http://127.0.0.1:${ports.api}`, credentials)
  const child = await supervisor.start({
    name,
    command: binary,
    args: ['daemon', '--migrate=false', ...(offline ? ['--offline'] : [])],
    env: env(repo),
    probe: id,
  })
  const { ID, Addresses } = await id()
  return {
    child,
    apiUrl: `http://${credentials ? `${credentials}@` : ''}127.0.0.1:${ports.api}`,
    gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
    peerId: ID,
    multiaddrs: Addresses ?? [],
  }
}

async function writeConfig(file: string, settings: KuboSettings) {
  const initial = JSON.parse(await readFile(file, 'utf8'))
  await writePrivateFile(file, `${JSON.stringify(configureKubo(initial, settings), undefined, 2)}\n`)
}

async function fetchId(url: string, credentials: string | undefined) {
  const authorization = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
  const headers = authorization ? { authorization } : {}
  const response = await expectOk(`${url}/api/v0/id`, { method: 'POST', headers })
  return (await response.json()) as { ID: string; Addresses: string[] | null }
}
