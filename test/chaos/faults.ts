import { rename, rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { Installation, Victim } from './installation.ts'
import { freeze, signalIfAlive } from './process-tree.ts'
import type { Random } from './random.ts'

export const faultKinds = [
  'kill',
  'freeze',
  'cut',
  'stall',
  'fill-stream',
  'kill-all',
  'kill-leader',
  'wipe-jetstream',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** One thing to be done to an installation. `inject` resolves when what it does lasts no longer. */
export type Fault = { kind: FaultKind; target: string; inject: () => Promise<void> }

/** What has to be done from outside of the installation, as an operator does. */
export type Operator = {
  /** Makes streams and consumers as they are to be. */
  provision: () => Promise<void>
  /** Resolves when every pin that a producer was promised is in Postgres, and promises are not given until `resume`. */
  drainProducers: () => Promise<{ resume: () => void }>
}

const goneTimeoutMs = 10_000

/** The faults that this installation can have, by their weights, each with a target and times that `random` chooses. */
export function createFaults(installation: Installation, operator: Operator, random: Random) {
  const { victims, natsServers, proxies, pipeline, jetstreamDir } = installation

  function kill(): Fault {
    const victim = random.pick(victims)
    return { kind: 'kill', target: victim.name, inject: async () => killVictim(victim) }
  }

  function freezeOne(): Fault {
    const victim = random.pick(victims)
    // Some shorter than a lease, some longer.
    const forMs = random.integer(300, 8_000)
    const inject = async () => {
      if (victim.pid === undefined) return
      const wake = await freeze(victim.pid)
      await delay(forMs)
      wake()
    }
    return { kind: 'freeze', target: victim.name, inject }
  }

  function disturb(kind: 'cut' | 'stall'): Fault {
    const [target, proxy] = random.pick([...proxies])
    const forMs = kind === 'cut' ? random.integer(0, 3_000) : random.integer(300, 8_000)
    const inject = async () => {
      proxy[kind]()
      await delay(forMs)
      proxy.restore()
    }
    return { kind, target, inject }
  }

  function fillStream(): Fault {
    const forMs = random.integer(1_000, 5_000)
    const name = `${pipeline.prefix}_PIN_JOBS`
    const inject = async () => {
      const { streams } = await jetstreamManager(pipeline.admin, { checkAPI: false })
      await streams.update(name, { max_bytes: 1 })
      await delay(forMs)
      await operator.provision()
    }
    return { kind: 'fill-stream', target: 'PIN_JOBS', inject }
  }

  const killAll = (): Fault => ({
    kind: 'kill-all',
    target: 'everything',
    inject: async () => victims.forEach(killVictim),
  })

  function killLeader(): Fault {
    const stream = random.pick(['PIN_JOBS', 'PIN_EVENTS', 'DLQ'])
    const inject = async () => {
      const { streams } = await jetstreamManager(pipeline.admin, { checkAPI: false })
      const { cluster } = await streams.info(`${pipeline.prefix}_${stream}`)
      const leader = natsServers.find(({ name }) => name === cluster?.leader)
      if (!leader) throw new Error(`${stream} has no leader`)
      killVictim(leader)
    }
    return { kind: 'kill-leader', target: stream, inject }
  }

  /** What only the stream has is lost with it: so the producers wait, and what they were promised is in Postgres. */
  const wipeJetStream = (folder: string, server: Victim): Fault => ({
    kind: 'wipe-jetstream',
    target: server.name,
    async inject() {
      const { resume } = await operator.drainProducers()
      try {
        const { pid } = server
        killVictim(server)
        const gone = async () => {
          if (server.pid === pid) throw new Error('it runs')
        }
        await pollUntil(gone, { what: `the end of ${server.name}`, timeoutMs: goneTimeoutMs, intervalMs: 5 })
        // In one step: the supervisor starts it again after half a second.
        await rename(folder, `${folder}-lost`)
        await rm(`${folder}-lost`, { recursive: true })
        await operator.provision()
      } finally {
        resume()
      }
    },
  })

  const [onlyServer] = natsServers
  const choices: (readonly [number, () => Fault])[] = [
    [40, kill],
    [25, freezeOne],
    [12, () => disturb('cut')],
    [12, () => disturb('stall')],
    [5, fillStream],
    [2, killAll],
  ]
  if (natsServers.length > 1) choices.push([20, killLeader])
  if (jetstreamDir && onlyServer) choices.push([3, () => wipeJetStream(jetstreamDir, onlyServer)])
  return (): Fault => random.weighted(choices)()
}

function killVictim({ pid }: Victim): void {
  if (pid !== undefined) signalIfAlive(pid, 'SIGKILL')
}
