import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { create, type KuboRPCClient } from 'kubo-rpc-client'

/** A real Kubo on free loopback ports, cut off from every network. Disposing ends it and deletes its repo. */
export type KuboNode = AsyncDisposable & {
  apiUrl: string
  gatewayUrl: string
  /** Its one multiaddr, with its peer id at the end. */
  address: string
  peerId: string
  /** For what the tests do to the node beyond the interface under test. */
  client: KuboRPCClient
  /** As `kill -9`; resolves when the process is gone. */
  kill(): Promise<void>
  /** As an operator ends it; resolves when the process is gone. */
  stop(): Promise<void>
  /** As `kill -STOP`: its connections stay open and nothing answers. */
  freeze(): void
}

export type KuboNodeOptions = {
  offline?: boolean
  /** `Gateway.RetrievalTimeout`, a Go duration: how long the gateway waits for a block. */
  retrievalTimeout?: string
  /** `Peering.Peers`. */
  peering?: readonly { ID: string; Addrs: readonly string[] }[]
}

const binary = process.env['KUBO_BIN'] ?? 'ipfs'

/** Takes the program from `KUBO_BIN`, else `ipfs` from PATH. */
export async function startKuboNode(options: KuboNodeOptions = {}): Promise<KuboNode> {
  const repo = await mkdtemp(join(tmpdir(), 'kubo-node-'))
  const env = { ...process.env, IPFS_PATH: repo, IPFS_TELEMETRY: 'off', DO_NOT_TRACK: '1' }
  await run(spawn(binary, ['init', '--empty-repo', '--profile=test'], { env, stdio: 'ignore' }))
  await configure(join(repo, 'config'), options)
  const flags = ['daemon', '--migrate=false', ...(options.offline ? ['--offline'] : [])]
  const daemon = spawn(binary, flags, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(daemon, 'exit')
  const end = async () => {
    daemon.kill('SIGKILL')
    await exited
  }
  const endAndDelete = async () => {
    await end()
    await rm(repo, { recursive: true, force: true })
  }
  try {
    await waitForLine(daemon, 'Daemon is ready')
    const [, , host = '', , port = ''] = (await readFile(join(repo, 'api'), 'utf8')).trim().split('/')
    const apiUrl = `http://${host}:${port}`
    const client = create({ url: apiUrl })
    const { id, addresses } = await client.id()
    return {
      apiUrl,
      gatewayUrl: (await readFile(join(repo, 'gateway'), 'utf8')).trim(),
      // A node that is offline has none: Kubo answers null where the types promise a list.
      address: (addresses ?? []).map(String).find(address => address.startsWith('/ip4/127.0.0.1/tcp/')) ?? '',
      peerId: id.toString(),
      client,
      kill: end,
      async stop() {
        daemon.kill('SIGTERM')
        await exited
      },
      freeze: () => void daemon.kill('SIGSTOP'),
      [Symbol.asyncDispose]: endAndDelete,
    }
  } catch (error) {
    await endAndDelete()
    throw error
  }
}

async function configure(
  path: string,
  { retrievalTimeout = '1h', peering = [] }: KuboNodeOptions,
): Promise<void> {
  const config = JSON.parse(await readFile(path, 'utf8'))
  config.Routing = { Type: 'none' }
  config.Internal = { ...config.Internal, Bitswap: { BroadcastControl: { Enable: false } } }
  config.Gateway = { ...config.Gateway, RetrievalTimeout: retrievalTimeout }
  config.Peering = { Peers: peering }
  await writeFile(path, JSON.stringify(config))
}

async function run(child: ChildProcess): Promise<void> {
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${String(code)}`)
}

async function waitForLine(child: ChildProcess, text: string): Promise<void> {
  if (child.stdout === null) throw new Error('the output of the process is not piped')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes(text)) {
      // What follows has to be read too: a full pipe would block the process.
      child.stdout.resume()
      return
    }
  }
  throw new Error(`the process ended before it printed ${text}`)
}
