import { defaultDataDir } from '#deploy/local/folders.ts'
import { readKept } from '#deploy/local/private-file.ts'
import { type ReadyFile, readyFileIn } from '#deploy/local/ready-file.ts'
import { CliError } from './cli-error.ts'
import { type Profile, readProfile } from './profile.ts'

/** A Pickup to talk to. `url` has no `/psa` and no slash at its end. */
export type KnownServer = {
  url: string
  token: string
  /** `user:password` of its ipfs-cluster API, which takes files. */
  clusterAuth?: string
}

/** Options of every command that talks to a server. */
export const serverOptions = {
  url: { type: 'string', value: 'URL', help: 'address of the server (PICKUP_URL)' },
  token: {
    type: 'string',
    value: 'TOKEN',
    help: 'bearer token of its Pinning Service API (PICKUP_TOKEN)',
  },
  data: {
    type: 'string',
    value: 'DIR',
    help: 'use the Pickup that runs on this machine over this data folder',
  },
} as const

/** What was given of them on the command line. */
export type ServerFlags = {
  url?: string | undefined
  token?: string | undefined
  data?: string | undefined
  'cluster-auth'?: string | undefined
}

/**
 * The server: of the flags, else of the environment, else of the profile, else the one that runs on this machine. A
 * credential that is kept in a file is sent to the server of that file only. Throws {@link CliError} when there is no
 * server, or no token for it.
 */
export async function findServer(flags: ServerFlags, env: NodeJS.ProcessEnv): Promise<KnownServer> {
  const kept = flags.data ? await runningServer(flags.data) : await keptServer(env)
  const named = flags.data ? undefined : flags.url || env['PICKUP_URL']
  const url = named ? readServerUrl(named) : kept?.url
  if (!url)
    throw new CliError(
      'unreachable',
      flags.data
        ? `no Pickup runs over ${flags.data}`
        : 'no server is known, and none runs here: start one with "pickup up", or name one with --url and --token',
    )
  const own = kept?.url === url ? kept : undefined
  const token = flags.token || env['PICKUP_TOKEN'] || own?.token
  if (!token)
    throw new CliError(
      'unauthorized',
      `no token for ${url}: give one with --token, PICKUP_TOKEN or "pickup login"`,
    )
  const clusterAuth = flags['cluster-auth'] || env['PICKUP_CLUSTER_AUTH'] || own?.clusterAuth
  return { url, token, ...(clusterAuth ? { clusterAuth } : {}) }
}

async function keptServer(env: NodeJS.ProcessEnv): Promise<Profile | undefined> {
  return (await readProfile(env)) ?? (await runningServer(defaultDataDir(env)))
}

/** By the file that `npm start` keeps while it runs, which only the user who runs it can read. */
async function runningServer(dataDir: string): Promise<KnownServer | undefined> {
  const ready = await readReadyFile(dataDir)
  if (!ready?.gatewayUrl || !ready.psa) return undefined
  const { gatewayUrl: url, psa, clusterBasicAuth: clusterAuth } = ready
  return { url, token: psa.token, ...(clusterAuth ? { clusterAuth } : {}) }
}

async function readReadyFile(dataDir: string): Promise<ReadyFile | undefined> {
  try {
    return await readKept<ReadyFile>(readyFileIn(dataDir))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return undefined
    throw error
  }
}

/** `http://host:9094`, whether `/psa` was given with it or not. Throws {@link CliError} for what is no such address. */
export function readServerUrl(text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new CliError('usage', `"${text}" is no address of a server, such as http://127.0.0.1:9094`)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '').replace(/\/psa$/, '')
}
