import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installClients } from './install-clients.ts'

/** Of the `multiformats` that Helia has, which is an older one than ours. */
type Cid = { toString: () => string }

/** An entry of `HeliaRemotePins.ls`. */
export type HeliaPin = { cid: Cid; name?: string; metadata: Record<string, string>; status: string }

type AddOptions = { name?: string; metadata?: Record<string, string>; signal: AbortSignal }

/** `HeliaRemotePins` of @helia/remote-pinning 2: what its callers use. */
type RemotePins = {
  add: (cid: Cid, options: AddOptions) => AsyncIterable<Cid>
  rm: (cid: Cid) => AsyncIterable<Cid>
  ls: (options: {
    cid?: Cid
    status?: string[]
    name?: string
    signal: AbortSignal
  }) => AsyncIterable<HeliaPin>
  get: (cid: Cid) => Promise<HeliaPin>
  setMetadata: (cid: Cid, metadata: Record<string, string>) => Promise<void>
  isPinned: (cid: Cid) => Promise<boolean>
}

/** A Helia node with a pinning service in the place of its own pins. */
export type HeliaNode = AsyncDisposable & {
  pins: RemotePins
  /** Keeps a raw block, which nobody else has. Resolves with its CID. */
  putBlock: (bytes: Uint8Array) => Promise<Cid>
  peerId: string
}

// The parts of each package that are used here: they are not installed where the types are checked.
type Installed = {
  '@chainsafe/libp2p-noise': { noise: () => unknown }
  '@chainsafe/libp2p-yamux': { yamux: () => unknown }
  '@helia/block-brokers': { bitswap: () => unknown }
  '@helia/remote-pinning': { createRemotePins: (helia: unknown, service: PinningService) => RemotePins }
  '@helia/utils': { Helia: new (parts: object) => HeliaParts }
  '@libp2p/identify': { identify: () => unknown }
  '@libp2p/tcp': { tcp: () => unknown }
  'blockstore-core': { MemoryBlockstore: new () => unknown }
  'datastore-core': { MemoryDatastore: new () => unknown }
  libp2p: { createLibp2p: (options: object) => Promise<{ peerId: { toString: () => string } }> }
  multiformats: { CID: { createV1: (code: number, digest: unknown) => Cid } }
  'multiformats/hashes/sha2': { sha256: { digest: (bytes: Uint8Array) => Promise<unknown> } }
}

type HeliaParts = {
  blockstore: { put: (cid: Cid, bytes: Uint8Array) => Promise<unknown> }
  start: () => Promise<void>
  stop: () => Promise<void>
}

type PinningService = { endpointUrl: string; accessToken: string; pollInterval: number }

/** Code of `raw` in the table of multicodecs. */
const rawCode = 0x55

/**
 * Starts a node with Helia's own parts, as `createHelia` puts them together, but over TCP on loopback alone: WebRTC
 * needs a native module that is downloaded by a script.
 */
export async function startHelia(service: { endpoint: string; token: string }): Promise<HeliaNode> {
  const installed = await createImporter()
  const { MemoryDatastore } = await installed('datastore-core')
  const datastore = new MemoryDatastore()
  const libp2p = await createNetwork(installed, datastore)
  const { Helia } = await installed('@helia/utils')
  const helia = new Helia({
    libp2p,
    datastore,
    blockstore: new (await installed('blockstore-core')).MemoryBlockstore(),
    blockBrokers: [(await installed('@helia/block-brokers')).bitswap()],
    routers: [],
  })
  await helia.start()
  const { createRemotePins } = await installed('@helia/remote-pinning')
  const { CID } = await installed('multiformats')
  const { sha256 } = await installed('multiformats/hashes/sha2')
  return {
    pins: createRemotePins(helia, {
      endpointUrl: service.endpoint,
      accessToken: service.token,
      pollInterval: 50,
    }),
    async putBlock(bytes) {
      const cid = CID.createV1(rawCode, await sha256.digest(bytes))
      await helia.blockstore.put(cid, bytes)
      return cid
    },
    peerId: libp2p.peerId.toString(),
    [Symbol.asyncDispose]: () => helia.stop(),
  }
}

type Importer = <Name extends keyof Installed>(name: Name) => Promise<Installed[Name]>

async function createNetwork(installed: Importer, datastore: unknown) {
  const { createLibp2p } = await installed('libp2p')
  return createLibp2p({
    start: false,
    datastore,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [(await installed('@libp2p/tcp')).tcp()],
    connectionEncrypters: [(await installed('@chainsafe/libp2p-noise')).noise()],
    streamMuxers: [(await installed('@chainsafe/libp2p-yamux')).yamux()],
    services: { identify: (await installed('@libp2p/identify')).identify() },
  })
}

/** Imports from a folder that Node does not look into from here. */
async function createImporter(): Promise<Importer> {
  const modules = join(await installClients('helia'), 'node_modules')
  return async name => {
    const [, folder = name, path = ''] = /^((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(name) ?? []
    const manifest = JSON.parse(await readFile(join(modules, folder, 'package.json'), 'utf8'))
    const file = manifest.exports[path === '' ? '.' : `./${path}`].import
    return import(pathToFileURL(join(modules, folder, file)).href)
  }
}
