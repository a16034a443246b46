import type { NodeIdentity, RepoUsage, TimeLimit } from './dag-source.ts'
import { beginCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'

/** The empty identity CID: every gateway has it without looking for it. */
const emptyCid = 'bafkqaaa'

const codes = { expired: 'source-unavailable', failed: 'source-unavailable' } as const

export async function identify(http: KuboHttp, options: TimeLimit): Promise<NodeIdentity> {
  const call = beginCall('ask the node for its identity', options, codes)
  try {
    const { body } = await http.runCommand('id', { timeout: call.kuboTimeout }, call.signal)
    // Kubo answers null instead of an empty list while it is offline.
    const { ID, Addresses, AgentVersion } = (await body.json()) as {
      ID: string
      Addresses: string[] | null
      AgentVersion: string
    }
    return { peerId: ID, addresses: Addresses ?? [], agentVersion: AgentVersion }
  } catch (error) {
    throw call.translate(error)
  }
}

/** Without counting the blocks, for which Kubo would read all their keys. */
export async function measureRepo(http: KuboHttp, options: TimeLimit): Promise<RepoUsage> {
  const call = beginCall('measure the repository', options, codes)
  try {
    const parameters = { 'size-only': 'true', timeout: call.kuboTimeout }
    const { body } = await http.runCommand('repo/stat', parameters, call.signal)
    const { RepoSize, StorageMax } = (await body.json()) as { RepoSize: number; StorageMax: number }
    // A node without a limit says 2^64 - 1.
    return { usedBytes: RepoSize, limitBytes: Math.min(StorageMax, Number.MAX_SAFE_INTEGER) }
  } catch (error) {
    throw call.translate(error)
  }
}

/**
 * Asks the RPC, and the gateway where one is used: either may be bound elsewhere or stand behind a proxy of its own.
 */
export async function isReady(
  http: KuboHttp,
  { usesGateway, ...options }: TimeLimit & { usesGateway: boolean },
): Promise<boolean> {
  const asked = [identify(http, options), ...(usesGateway ? [askGateway(http, options)] : [])]
  const answers = await Promise.allSettled(asked)
  options.signal.throwIfAborted()
  return answers.every(answer => answer.status === 'fulfilled')
}

async function askGateway(http: KuboHttp, { timeoutMs, signal }: TimeLimit): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const { statusCode, body } = await http.readGateway(`/ipfs/${emptyCid}`, { format: 'raw' }, {}, limit)
  await body.dump()
  if (statusCode !== 200) throw new Error(`the gateway answered ${statusCode}`)
}
