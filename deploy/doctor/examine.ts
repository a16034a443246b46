import { checkCars } from './check-cars.ts'
import { checkKubo } from './check-kubo.ts'
import { checkContents, checkCounts, checkOutbox } from './check-rows.ts'
import { checkOpenUploads, checkStaging } from './check-staging.ts'
import type { Check, Examined, Finding } from './finding.ts'

const checks: readonly Check[] = [
  checkContents,
  checkOutbox,
  checkCounts,
  checkCars,
  checkStaging,
  checkOpenUploads,
  checkKubo,
]

/** A finding with what became of it. */
export type Reported = Omit<Finding, 'repair'> & { repaired: boolean }

/** How much was found, and how much of it is put right. */
export type Summary = { found: number; repaired: number }

/** Does all checks, one after the other, and repairs each finding before it looks for the next, if told to. */
export async function examine(
  examined: Examined,
  { repair, report }: { repair: boolean; report: (finding: Reported) => void },
): Promise<Summary> {
  const summary = { found: 0, repaired: 0 }
  for (const check of checks) {
    for await (const { repair: putRight, ...finding } of check(examined)) {
      const repaired = repair && putRight !== undefined && (await putRight())
      summary.found++
      if (repaired) summary.repaired++
      report({ ...finding, repaired })
    }
  }
  return summary
}
