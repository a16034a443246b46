import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { keepPorts } from './kept-ports.ts'
import { expectOk } from './loopback-http.ts'
import { NATS_USERS, type NatsUser, natsPermissions } from './nats-permissions.ts'
import { keep, randomSecret, writePrivateFile } from './private-file.ts'
import { serverEnvironment } from './server-environment.ts'
import type { SupervisedChild } from './supervised-child.ts'
import type { Supervisor } from './supervisor.ts'

export type NatsCredentials = { user: NatsUser; password: string }

export type RunningNats = {
  child: SupervisedChild
  natsUrl: string
  /** Monitoring endpoint, without credentials. */
  monitoringUrl: string
  /** Each user may receive replies only under `_INBOX_<user>`: set it as `inboxPrefix` of the connection. */
  users: Record<NatsUser, NatsCredentials>
}

type NatsOptions = {
  dataDir: string
  binary: string
  /** Rights on the subjects and streams of any prefix, instead of on those without one. For isolated tests. */
  anyPrefix?: boolean
}

/** Starts nats-server with JetStream on loopback; what it acknowledged is on disk. */
export async function startNats(supervisor: Supervisor, options: NatsOptions): Promise<RunningNats> {
  const { dataDir, binary, anyPrefix = false } = options
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const passwords = await keep(
    join(dataDir, 'secrets.json'),
    () => Object.fromEntries(NATS_USERS.map(user => [user, randomSecret()])) as Record<NatsUser, string>,
  )
  const ports = await keepPorts(join(dataDir, 'ports.json'), ['client', 'monitoring'])
  const configFile = join(dataDir, 'nats-server.conf')
  const users = NATS_USERS.map(user => ({
    user,
    password: passwords[user],
    permissions: natsPermissions(user, anyPrefix ? '*' : ''),
  }))
  // A stream reserves all that it may ever take. Of the installations that tests run side by side none takes much of it.
  const maxFileStore = anyPrefix ? '1T' : '20G'
  await writePrivateFile(
    configFile,
    natsConfig({ ports, storeDir: join(dataDir, 'jetstream'), maxFileStore, users }),
  )
  const monitoringUrl = `http://127.0.0.1:${ports.monitoring}`
  const child = await supervisor.start({
    name: 'nats',
    command: binary,
    args: ['--config', configFile],
    env: serverEnvironment(),
    probe: () => expectOk(`${monitoringUrl}/healthz`),
  })
  const credentials = NATS_USERS.map(user => [user, { user, password: passwords[user] }] as const)
  return {
    child,
    natsUrl: `nats://127.0.0.1:${ports.client}`,
    monitoringUrl,
    users: Object.fromEntries(credentials) as Record<NatsUser, NatsCredentials>,
  }
}

type NatsConfig = {
  ports: { client: number; monitoring: number }
  storeDir: string
  maxFileStore: string
  users: object[]
}

/** The configuration language is a superset of JSON, except that a size with a unit is not quoted. */
function natsConfig({ ports, storeDir, maxFileStore, users }: NatsConfig): string {
  return `
server_name: pickup
listen: "127.0.0.1:${ports.client}"
http: "127.0.0.1:${ports.monitoring}"
jetstream {
  store_dir: ${JSON.stringify(storeDir)}
  max_file_store: ${maxFileStore}
  sync_interval: always
}
accounts {
  PIN {
    jetstream: enabled
    users: ${JSON.stringify(users, undefined, 2)}
  }
}
`
}
