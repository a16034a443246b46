import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { keepPorts } from '#deploy/local/kept-ports.ts'
import { expectOk } from '#deploy/local/loopback-http.ts'
import type { RunningNats } from '#deploy/local/nats.ts'
import { NATS_USERS, type NatsUser, natsPermissions } from '#deploy/local/nats-permissions.ts'
import { randomSecret, writePrivateFile } from '#deploy/local/private-file.ts'
import { serverEnvironment } from '#deploy/local/server-environment.ts'
import type { SupervisedChild } from '#deploy/local/supervised-child.ts'
import type { Supervisor } from '#deploy/local/supervisor.ts'

/** Three servers of one cluster on loopback. */
export type NatsCluster = Pick<RunningNats, 'users'> & { nodes: { child: SupervisedChild; port: number }[] }

const nodeNames = ['nats-1', 'nats-2', 'nats-3'] as const

type Options = { dataDir: string; binary: string }

/** Resolves when every server is healthy, which it is once JetStream has a leader. */
export async function startNatsCluster(
  supervisor: Supervisor,
  { dataDir, binary }: Options,
): Promise<NatsCluster> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const users = Object.fromEntries(
    NATS_USERS.map(user => [user, { user, password: randomSecret() }] as const),
  ) as RunningNats['users']
  const ports = await Promise.all(
    nodeNames.map(name => keepPorts(join(dataDir, `${name}.json`), ['client', 'monitoring', 'cluster'])),
  )
  const routes = ports.map(port => `nats://127.0.0.1:${port.cluster}`)
  const nodes = await Promise.all(
    nodeNames.map(async (name, i) => {
      const port = ports[i] ?? { client: 0, monitoring: 0, cluster: 0 }
      const configFile = join(dataDir, `${name}.conf`)
      await writePrivateFile(configFile, nodeConfig({ name, ...port, routes, dataDir, users }))
      const child = await supervisor.start({
        name,
        command: binary,
        args: ['--config', configFile],
        env: serverEnvironment(),
        probe: () => expectOk(`http://127.0.0.1:${port.monitoring}/healthz`),
      })
      return { child, port: port.client }
    }),
  )
  return { users, nodes }
}

type Node = {
  name: string
  client: number
  monitoring: number
  cluster: number
  routes: string[]
  dataDir: string
  users: Record<NatsUser, { user: string; password: string }>
}

/** Like that of the embedded stack, with the addresses of the others. Clients only learn the addresses that they are given. */
function nodeConfig({ name, client, monitoring, cluster, routes, dataDir, users }: Node): string {
  const accounts = Object.values(users).map(({ user, password }) => ({
    user,
    password,
    permissions: natsPermissions(NATS_USERS.find(known => known === user) ?? 'admin', '*'),
  }))
  return `
server_name: ${name}
listen: "127.0.0.1:${client}"
http: "127.0.0.1:${monitoring}"
cluster {
  name: chaos
  listen: "127.0.0.1:${cluster}"
  routes: ${JSON.stringify(routes)}
  no_advertise: true
}
jetstream {
  store_dir: ${JSON.stringify(join(dataDir, name))}
  max_file_store: 20G
  sync_interval: always
}
accounts {
  PIN {
    jetstream: enabled
    users: ${JSON.stringify(accounts, undefined, 2)}
  }
}
`
}
