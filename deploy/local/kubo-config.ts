/** What is set in a Kubo node; everything else stays as `ipfs init` wrote it. */
export type KuboSettings = {
  ports: { api: number; gateway: number; swarm: number }
  /** No routing, no announcements, swarm on loopback only. */
  isolated: boolean
  /** Longest pause in a transfer from the network, longest transfer: Go durations such as `4h`. */
  retrievalTimeout: string
  maxRequestDuration: string
  /** `user:password` that RPC calls must send as basic authorization; undefined for none. */
  rpcAuthorization: string | undefined
  /** More to set, of any section. */
  extra: Json
}

type Json = { [key: string]: unknown }

/** Changes the configuration that `ipfs init` wrote. Names: docs/config.md of Kubo 0.43. */
export function configureKubo(initial: Json, settings: KuboSettings): Json {
  return merge(merge(initial, whatWeSet(settings)), settings.extra)
}

function whatWeSet(settings: KuboSettings): Json {
  const { ports, isolated, retrievalTimeout, maxRequestDuration, rpcAuthorization } = settings
  return {
    Addresses: {
      API: `/ip4/127.0.0.1/tcp/${ports.api}`,
      Gateway: `/ip4/127.0.0.1/tcp/${ports.gateway}`,
      Swarm: isolated ? [`/ip4/127.0.0.1/tcp/${ports.swarm}`] : swarmAddresses(ports.swarm),
    },
    API: rpcAuthorization && {
      Authorizations: {
        pickup: { AuthSecret: `basic:${rpcAuthorization}`, AllowedPaths: ['/api/v0'] },
      },
    },
    Gateway: { NoFetch: false, RetrievalTimeout: retrievalTimeout, MaxRequestDuration: maxRequestDuration },
    // Wants go to every connected peer. With the reduction a peer that was only connected to is often not asked.
    Internal: { Bitswap: { BroadcastControl: { Enable: false } }, ShutdownTimeout: '5s' },
    // It fetches for the S3 store. It is no provider of what passes through.
    Provide: { Enabled: false },
    Routing: { Type: isolated ? 'none' : 'autoclient' },
  }
}

function swarmAddresses(port: number): string[] {
  return ['/ip4/0.0.0.0', '/ip6/::'].flatMap(ip => [`${ip}/tcp/${port}`, `${ip}/udp/${port}/quic-v1`])
}

/** Objects are merged, every other value is replaced; undefined leaves the value that is there. */
function merge(into: Json, from: Json): Json {
  const merged = { ...into }
  for (const [key, value] of Object.entries(from)) {
    const old = merged[key]
    if (value === undefined) continue
    merged[key] = isObject(value) ? merge(isObject(old) ? old : {}, value) : value
  }
  return merged
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
