import type { Metric } from './instruments.ts'

const unitSuffixes: Record<string, string> = { s: 'seconds', By: 'bytes' }

/** The unit in the words of Prometheus; undefined for what is only counted, which has a unit in braces. */
export const prometheusUnit = (unit: string): string | undefined => unitSuffixes[unit]

/**
 * The name of a metric in Prometheus (OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility"): with its
 * unit, and `_total` for a counter. What comes over OTLP gets the same name there.
 */
export function prometheusName({ name, kind, unit }: Pick<Metric, 'name' | 'kind' | 'unit'>): string {
  const suffix = prometheusUnit(unit)
  const withUnit = prometheusLabel(suffix ? `${name}_${suffix}` : name)
  return kind === 'counter' || kind === 'observed-counter' ? `${withUnit}_total` : withUnit
}

/** The name of an attribute in Prometheus. */
export const prometheusLabel = (attribute: string): string => attribute.replaceAll(/\W/g, '_')
