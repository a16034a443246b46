import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { createPinningToken } from '../clients/psa-token.ts'
import { connectProducer } from '../e2e/producer.ts'
import { checkByDoctor } from './check-by-doctor.ts'
import { checkCars } from './check-cars.ts'
import { checkPins, type Findings } from './check-pins.ts'
import { checkRecords } from './check-records.ts'
import { connectClients } from './clients.ts'
import { createContentPool } from './content-pool.ts'
import { createFaults, type Operator } from './faults.ts'
import { type InjectedFault, injectFaults } from './inject-faults.ts'
import { type Installation, startInstallation } from './installation.ts'
import { type Entry, openLedger } from './ledger.ts'
import { makeRequests } from './make-requests.ts'
import { createOperator } from './operator.ts'
import { createRandom } from './random.ts'
import { describeLeftovers, type Settled, settle } from './settle.ts'

export type ChaosOptions = {
  seed: number
  /** For how long faults are injected and requests are made. */
  minutes: number
  /** How many requests are made in that time, if the machine can. */
  pins: number
  /** Three NATS servers instead of one. */
  cluster: boolean
  /** How many faults may be under way at once. */
  faultsAtOnce: number
  settleTimeoutMs: number
  /** For everything that is written: data of the servers, ledger, logs. It exists. */
  folder: string
  log: Logger
}

/** How a run went. It is good when there are no violations. */
export type ChaosResult = Omit<Settled, 'left'> & {
  entries: readonly Entry[]
  faults: readonly InjectedFault[]
  violations: string[]
  figures: Findings['figures']
}

const ackWaitMs = 3_000
const concurrency = 8

/**
 * Short waits, so that what was broken is found soon. The limits of failures and lost leases are so high that no content
 * fails for a server that is away for some seconds, again and again.
 */
const settings = {
  LOG_LEVEL: 'info',
  HEARTBEAT_MS: '1000',
  LEASE_MS: '4000',
  FAILURE_LIMIT: '12',
  OUTAGE_LIMIT: '1000',
  DELIVERY_LIMIT: '40',
  RETRY_MIN_MS: '100',
  RETRY_MAX_MS: '1500',
  EVENT_RETRY_MIN_MS: '100',
  EVENT_RETRY_MAX_MS: '2000',
  OUTBOX_POLL_MS: '500',
  LOCATE_TIMEOUT_MS: '2000',
  CONNECT_TIMEOUT_MS: '3000',
  FETCH_CHUNK_TIMEOUT_MS: '3000',
  S3_REQUEST_TIMEOUT_MS: '5000',
  DATABASE_QUERY_TIMEOUT_MS: '4000',
  S3_PART_BYTES: String(5 * 1024 ** 2),
  PROGRESS_INTERVAL_MS: '1000',
  RATE_LIMIT_PER_SECOND: '0',
  RECONCILE_INTERVAL_MS: '2000',
  // More than a retry and an ack wait together.
  RECONCILE_AFTER_MS: '10000',
  SWEEP_INTERVAL_MS: '5000',
  SWEEP_QUIET_MS: '10000',
  UNPINNED_CAR_TTL_DAYS: 'never',
}

/** Starts an installation, breaks it while requests come in, heals it, waits for its end, and looks at what is there. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { seed, minutes, pins, cluster, faultsAtOnce, settleTimeoutMs, folder, log } = options
  const random = createRandom(seed)
  await using installation = await startInstallation({ folder, cluster, settings, ackWaitMs, log })
  const { pipeline, provider } = installation
  await using _logs = {
    [Symbol.asyncDispose]: () =>
      writeFile(
        join(folder, 'services.log'),
        pipeline.logs.map(({ service, line }) => `${service} ${line}\n`),
      ),
  }
  await using ledger = openLedger(join(folder, 'ledger.ndjson'))
  await using producer = await connectProducer(pipeline)
  const operator = createOperator({ installation, entries: ledger.entries, producer })
  const databaseUrl = pipeline.serviceSpec('gateway').env['DATABASE_URL'] ?? ''
  const psaToken = await createPinningToken(databaseUrl, 'chaos')
  const pool = createContentPool(random.fork(), provider)
  const clients = connectClients({ gatewayUrl: pipeline.gatewayUrl, psaToken, producer: operator.producer })

  log.info({ seed, minutes, pins, cluster }, 'chaos begins')
  const durationMs = minutes * 60_000
  const stopping = AbortSignal.timeout(durationMs)
  const requesting = makeRequests({
    clients,
    pool,
    origins: provider.multiaddrs,
    ledger,
    random: random.fork(),
    concurrency,
    paceMs: durationMs / pins,
    stopping,
  })
  const chains = Array.from({ length: faultsAtOnce }, () => {
    const own = random.fork()
    const next = createFaults(installation, operator, own)
    return injectFaults({ next, random: own, pauseMs: { from: 500, to: 4_000 }, stopping, log })
  })
  const [faults] = await Promise.all([Promise.all(chains), requesting])

  await heal(installation, operator)
  log.info('everything is healed')
  const streamsWereLost = faults.flat().some(({ kind }) => kind === 'wipe-jetstream')
  const { left, ...times } = await settle(installation, { timeoutMs: settleTimeoutMs, streamsWereLost, log })
  const findings = [
    await checkPins(installation, pool, ledger.entries),
    await checkByDoctor(installation, { streamsWereLost }),
    await checkCars(installation, pool),
    await checkRecords(installation),
  ]
  return {
    ...times,
    entries: ledger.entries,
    faults: faults.flat().toSorted((a, b) => a.startedAtMs - b.startedAtMs),
    violations: [...describeLeftovers(left), ...findings.flatMap(({ violations }) => violations)],
    figures: Object.assign({}, ...findings.map(({ figures }) => figures)),
  }
}

/** Frozen processes were woken and proxies restored by the end of their faults. */
async function heal({ victims, proxies }: Installation, operator: Operator): Promise<void> {
  for (const proxy of proxies.values()) proxy.restore()
  const allRun = async () => {
    const away = victims.filter(({ pid }) => pid === undefined)
    if (away.length > 0) throw new Error(`${away.map(({ name }) => name).join()} do not run`)
  }
  await pollUntil(allRun, { what: 'the restart of everything', timeoutMs: 60_000 })
  await pollUntil(operator.provision, { what: 'the servers', timeoutMs: 60_000, intervalMs: 500 })
}
