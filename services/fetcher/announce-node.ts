import type { NodeAnnouncer } from '#libs/bus/index.ts'
import type { DagSource, TimeLimit } from '#libs/ipfs/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'

type Deps = {
  source: Pick<DagSource, 'identify' | 'measureRepo'>
  announcer: NodeAnnouncer
  /** Transfers that run now. */
  transfers: () => number
  transferSlots: number
  intervalMs: number
  log: Logger
}

/**
 * Tells the others of the IPFS node of this fetcher, now and every `intervalMs`: who it is, where it is dialled, how
 * full it is. A node that does not answer is not announced, so the view loses it when its last entry expires.
 * Disposing withdraws it.
 */
export function announceNode(deps: Deps): AsyncDisposable {
  const { source, announcer, transfers, transferSlots, intervalMs, log } = deps
  const stopping = new AbortController()
  let announced: string | undefined

  async function announce(): Promise<void> {
    const limit: TimeLimit = { timeoutMs: intervalMs, signal: stopping.signal }
    try {
      const [identity, repo] = await Promise.all([source.identify(limit), source.measureRepo(limit)])
      await announcer.announce({
        peerId: identity.peerId,
        addresses: identity.addresses.filter(isSpecified),
        agentVersion: identity.agentVersion,
        repoBytes: repo.usedBytes,
        repoLimitBytes: repo.limitBytes,
        transfers: transfers(),
        transferSlots,
      })
      announced = identity.peerId
    } catch (err) {
      if (!stopping.signal.aborted) log.warn({ err }, 'IPFS node not announced, will retry')
    }
  }

  let running: Promise<void> | undefined
  const announceUnlessBusy = () => {
    running ??= announce().finally(() => {
      running = undefined
    })
  }
  announceUnlessBusy()
  const timer = setInterval(announceUnlessBusy, intervalMs)

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      stopping.abort(new Error('the fetcher stops'))
      await running
      if (announced === undefined) return
      try {
        await announcer.withdraw(announced)
      } catch (err) {
        log.warn({ err }, 'IPFS node not withdrawn, its entry will expire')
      }
    },
  }
}

/**
 * Everything that Kubo reports is announced, private and relayed addresses too: whom a client can reach is not known
 * here, and on one network the private address is the good one. Only the unspecified address leads nowhere.
 */
const isSpecified = (address: string) => !/^\/(ip4\/0\.0\.0\.0|ip6\/::)\//.test(address)
