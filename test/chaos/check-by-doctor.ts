import { examine, type Reported } from '#deploy/doctor/examine.ts'
import { connectDatabase } from '#libs/db/index.ts'
import { connectKubo } from '#libs/ipfs/index.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import type { Findings } from './check-pins.ts'
import type { Installation } from './installation.ts'
import { leftToDoctor } from './left-to-doctor.ts'
import { remains } from './leftovers.ts'

const log = createLogger('chaos', 'silent')
/** Nothing is under way any more. */
const graceMs = 0

/**
 * What `npm run doctor -- --repair` finds, as an operator runs it from time to time. All that it may have to do is to give
 * back CARs whose content was unpinned while a validator, or JetStream, died with the news of them, and to remove from
 * staging what {@link leftToDoctor} tells. Then nothing is left.
 */
export async function checkByDoctor(
  { pipeline, nodes }: Installation,
  { streamsWereLost }: { streamsWereLost: boolean },
): Promise<Findings> {
  const { storage, buckets, serviceSpec } = pipeline
  const settings = { DATABASE_MAX_CONNECTIONS: 2, DATABASE_QUERY_TIMEOUT_MS: 10_000 }
  const databaseUrl = serviceSpec('status').env['DATABASE_URL'] ?? ''
  await using db = connectDatabase('doctor', { ...settings, DATABASE_URL: databaseUrl }, log)
  const found: Reported[] = []
  for (const { apiUrl } of nodes) {
    await using source = connectKubo({ apiUrl, gatewayUrl: apiUrl, allowPrivateOrigins: false, log })
    const examined = { db, storage, stagingBucket: buckets.staging, carBucket: buckets.cars, source, graceMs }
    await examine(examined, { repair: true, report: finding => void found.push(finding) })
  }
  const isOfDoctor = await leftToDoctor({ pipeline }, { streamsWereLost })
  const givenBack = found.filter(({ check, repaired }) => check === 'car-without-row' && repaired)
  const removed = found.filter(
    ({ check, subject, repaired }) =>
      (check === 'staging-leftover' || check === 'open-upload') && isOfDoctor(subject) && repaired,
  )
  const unexpected = found.filter(finding => !givenBack.includes(finding) && !removed.includes(finding))
  const left = Object.values(await remains({ pipeline, nodes })).flat()
  return {
    violations: [
      ...unexpected.map(({ check, subject, detail }) => `the doctor found ${check} ${subject}: ${detail}`),
      ...left.map(item => `the doctor left ${item}`),
    ],
    figures: {
      'CARs that the doctor gave back': givenBack.length,
      'leftovers in staging that the doctor removed': removed.length,
    },
  }
}
