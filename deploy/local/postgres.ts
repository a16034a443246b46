import { existsSync } from 'node:fs'
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { keepPorts } from './kept-ports.ts'
import { findPostgres, type PostgresBinaries, requireEnterable } from './postgres-binaries.ts'
import { keep, randomSecret } from './private-file.ts'
import { serverEnvironment } from './server-environment.ts'
import type { SupervisedChild } from './supervised-child.ts'
import type { Supervisor } from './supervisor.ts'

const ROLE = 'pickup'
const DATABASE = 'pickup'

export type RunningPostgres = {
  child: SupervisedChild
  port: number
  /** Owner of the database `pickup`: not a superuser, may create databases. */
  databaseUrl: string
}

type Secrets = { superuser: string; role: string }

/** Starts Postgres on loopback TCP only, over the cluster in `dataDir`, which is made at the first start. */
export async function startPostgres(
  supervisor: Supervisor,
  { dataDir }: { dataDir: string },
): Promise<RunningPostgres> {
  const binaries = await findPostgres()
  await mkdir(dataDir, { recursive: true, mode: 0o711 })
  if (binaries.user) await requireEnterable(dataDir, binaries.user)
  const secrets = await keep<Secrets>(join(dataDir, 'secrets.json'), () => ({
    superuser: randomSecret(),
    role: randomSecret(),
  }))
  const { port } = await keepPorts(join(dataDir, 'ports.json'), ['port'])
  const cluster = join(dataDir, 'cluster')
  if (!existsSync(cluster)) await initializeCluster(supervisor, binaries, cluster, secrets.superuser)
  const superuserUrl = `postgres://postgres:${secrets.superuser}@127.0.0.1:${port}/postgres`
  const child = await supervisor.start({
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', cluster, ...settings(port)],
    env: serverEnvironment({ LC_ALL: 'C', PGTZ: 'UTC' }),
    ...(binaries.user && { user: binaries.user }),
    // Fast shutdown. SIGTERM would wait until every client has left.
    stopSignal: 'SIGINT',
    stopGraceMs: 30_000,
    // After a power cut it replays its log first.
    readyTimeoutMs: 300_000,
    probe: () => withClient(superuserUrl, async client => void (await client.query('select 1'))),
  })
  await withClient(superuserUrl, client => createDatabase(client, secrets.role))
  const databaseUrl = `postgres://${ROLE}:${secrets.role}@127.0.0.1:${port}/${DATABASE}`
  return { child, port, databaseUrl }
}

/** Durability stays at Postgres' defaults: an accepted pin is on disk before it is answered. */
function settings(port: number): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** The folder gets its name when it is complete: an interrupted start leaves no half of a cluster behind. */
async function initializeCluster(
  supervisor: Supervisor,
  { initdb, user }: PostgresBinaries,
  cluster: string,
  password: string,
): Promise<void> {
  const half = `${cluster}-half`
  await rm(half, { recursive: true, force: true })
  await mkdir(half, { mode: 0o700 })
  const passwordFile = `${half}.password`
  try {
    await writeFile(passwordFile, password, { mode: 0o600 })
    if (user) for (const path of [half, passwordFile]) await chown(path, user.uid, user.gid)
    const args = ['-D', half, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    await supervisor.run({
      name: 'initdb',
      command: initdb,
      args: [...args, '--encoding=UTF8', '--no-locale'],
      env: serverEnvironment({ LC_ALL: 'C' }),
      ...(user && { user }),
    })
    await rename(half, cluster)
  } finally {
    await rm(passwordFile, { force: true })
    await rm(half, { recursive: true, force: true })
  }
}

async function createDatabase(client: Client, password: string): Promise<void> {
  const { rows } = await client.query<{ roles: number; databases: number }>(
    `select (select count(*)::int from pg_roles where rolname = $1) as roles,
            (select count(*)::int from pg_database where datname = $2) as databases`,
    [ROLE, DATABASE],
  )
  // Names and password are ours, without a character that needs escaping.
  if (!rows[0]?.roles) await client.query(`create role ${ROLE} login createdb password '${password}'`)
  if (!rows[0]?.databases) await client.query(`create database ${DATABASE} owner ${ROLE}`)
}

async function withClient(url: string, use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    await use(client)
  } finally {
    await client.end()
  }
}
