import type { ChaosOptions, ChaosResult } from './run-chaos.ts'

/** What a person reads of a run, with the command that repeats it. */
export function formatReport(options: ChaosOptions, result: ChaosResult): string {
  const { seed, minutes, pins, cluster, faultsAtOnce, folder } = options
  const { entries, faults, violations, figures, workDoneMs, cleanMs } = result
  const done = faults.filter(({ failure }) => failure === undefined)
  const accepted = entries.filter(({ outcome }) => outcome === 'accepted')
  const pinned = accepted.filter(({ kind }) => kind !== 'unpin')
  const lines = {
    seed,
    minutes,
    'NATS servers': cluster ? 3 : 1,
    'faults by kind': countsOf(done.map(({ kind }) => kind)),
    'faults by target': countsOf(done.map(({ target }) => target)),
    'faults that could not be done': faults.length - done.length,
    'requests accepted': `${accepted.length} of ${entries.length}: ${countsOf(entries.map(({ outcome }) => outcome))}`,
    'pins accepted by way in': `${pinned.length}: ${countsOf(pinned.map(({ way }) => way))}`,
    'requests accepted by kind': countsOf(accepted.map(({ kind }) => kind)),
    ...figures,
    'from the start of a fault to the next accepted request': recoveryOf(result),
    'from the healing to the end of all work': secondsOf(workDoneMs),
    'from the healing to a clean end': secondsOf(cleanMs),
    'ledger and logs': folder,
    violations: violations.length,
  }
  const flags = `--seed ${seed} --minutes ${minutes} --pins ${pins} --faults-at-once ${faultsAtOnce}${cluster ? ' --cluster' : ''}`
  return [
    ...Object.entries(lines).map(([name, value]) => `${name}: ${value}`),
    ...violations.map(violation => `VIOLATION ${violation}`),
    `to repeat: npm run chaos -- ${flags}`,
    '',
  ].join('\n')
}

function countsOf(names: readonly string[]): string {
  const counts = Map.groupBy(names, name => name)
  return [...counts].map(([name, all]) => `${name} ${all.length}`).join(', ') || 'none'
}

/** By kind of fault: the median and the longest. */
function recoveryOf({ entries, faults }: ChaosResult): string {
  const acceptedAt = entries.filter(({ outcome }) => outcome === 'accepted').map(({ at }) => Date.parse(at))
  const times = faults.flatMap(({ kind, startedAtMs }) => {
    const next = acceptedAt.find(at => at > startedAtMs)
    return next === undefined ? [] : [{ kind, ms: next - startedAtMs }]
  })
  return [...Map.groupBy(times, ({ kind }) => kind)]
    .map(([kind, all]) => {
      const sorted = all.map(({ ms }) => ms).toSorted((a, b) => a - b)
      const median = sorted[Math.floor(sorted.length / 2)] ?? 0
      return `${kind} ${secondsOf(median)} (at most ${secondsOf(sorted.at(-1) ?? 0)})`
    })
    .join(', ')
}

const secondsOf = (ms: number): string => (Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : 'never')
