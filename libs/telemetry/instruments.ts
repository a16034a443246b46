import {
  type Attributes,
  metrics as api,
  type Meter,
  type Observable,
  type ObservableCounter,
  type UpDownCounter,
} from '@opentelemetry/api'

/** Services by name, as `runService` has them. */
export type ServiceName = 'gateway' | 'fetcher' | 'validator' | 'status' | 'indexer-bridge'

/** What an attribute may be: one of these values, or what the sentence says. */
type AttributeValues = Readonly<Record<string, readonly string[] | string>>

/** Left out where there is nothing to say, as the semantic conventions have it. */
type MayBeAbsent = 'error.type' | 'http.route'

type ValueOf<Values> = Values extends readonly (infer Value)[] ? Value : string | number

type AttributesOf<A extends AttributeValues> = {
  [Name in Exclude<keyof A, MayBeAbsent>]: ValueOf<A[Name]>
} & { [Name in Extract<keyof A, MayBeAbsent>]?: ValueOf<A[Name]> }

type Given<A extends AttributeValues> =
  Record<never, never> extends AttributesOf<A>
    ? [attributes?: AttributesOf<A>]
    : [attributes: AttributesOf<A>]

/** A row of the table of metrics. `by` are the services that have it. */
export type Metric<A extends AttributeValues = AttributeValues> = {
  name: string
  kind: 'counter' | 'up-down-counter' | 'gauge' | 'histogram' | 'observed-gauge' | 'observed-counter'
  /** By UCUM; in braces what is counted. */
  unit: string
  by: readonly ServiceName[]
  description: string
  attributes: A
  /** Upper bounds of a histogram, in `unit`. */
  buckets?: readonly number[]
}

/** A value that is read when metrics are collected. Made by {@link observedGauge} and {@link observedCounter}. */
export type Observed<A extends AttributeValues = AttributeValues> = Metric<A> & {
  /** Made on first use: by then the meter is the one that the process started with. */
  observable: () => Observable
}

type Row<A extends AttributeValues> = [
  name: string,
  unit: string,
  by: readonly ServiceName[],
  description: string,
  attributes?: A,
]

function metricOf<A extends AttributeValues>(kind: Metric['kind'], row: Row<A>): Metric<A> {
  const [name, unit, by, description, attributes = {} as A] = row
  return { name, kind, unit, by, description, attributes }
}

/** Without an SDK the instrument does nothing. */
function lazily<T>(create: (meter: Meter) => T): () => T {
  let made: T | undefined
  return () => (made ??= create(api.getMeter('pickup')))
}

export function counter<const A extends AttributeValues>(...row: Row<A>) {
  return addable(metricOf('counter', row), (meter, metric) => meter.createCounter(metric.name, metric))
}

export function upDownCounter<const A extends AttributeValues>(...row: Row<A>) {
  return addable(metricOf('up-down-counter', row), (meter, metric) =>
    meter.createUpDownCounter(metric.name, metric),
  )
}

function addable<A extends AttributeValues>(
  metric: Metric<A>,
  create: (meter: Meter, metric: Metric<A>) => UpDownCounter,
) {
  const instrument = lazily(meter => create(meter, metric))
  return {
    ...metric,
    add: (value: number, ...[attributes]: Given<A>) => instrument().add(value, attributes),
    /** Before the first event: Prometheus sees no increase in a value that was not there. */
    startAtZero() {
      for (const attributes of combinationsOf(metric.attributes)) instrument().add(0, attributes)
    },
  }
}

/** None when an attribute may be anything. */
function combinationsOf(attributes: AttributeValues): Record<string, string>[] {
  let combinations: Record<string, string>[] = [{}]
  for (const [name, values] of Object.entries(attributes)) {
    if (typeof values === 'string') return []
    combinations = combinations.flatMap(each => values.map(value => ({ ...each, [name]: value })))
  }
  return combinations
}

export function gauge<const A extends AttributeValues>(...row: Row<A>) {
  const metric = metricOf('gauge', row)
  const instrument = lazily(meter => meter.createGauge(metric.name, metric))
  return {
    ...metric,
    record: (value: number, ...[attributes]: Given<A>) => instrument().record(value, attributes),
  }
}

export function histogram<const A extends AttributeValues>(buckets: readonly number[], ...row: Row<A>) {
  const metric = { ...metricOf('histogram', row), buckets }
  const { name, unit, description } = metric
  const advice = { explicitBucketBoundaries: [...buckets] }
  const instrument = lazily(meter => meter.createHistogram(name, { unit, description, advice }))
  return {
    ...metric,
    record: (value: number, ...[attributes]: Given<A>) => instrument().record(value, attributes),
  }
}

export function observedGauge<const A extends AttributeValues>(...row: Row<A>): Observed<A> {
  const metric = metricOf('observed-gauge', row)
  return { ...metric, observable: lazily(meter => meter.createObservableGauge(metric.name, metric)) }
}

export function observedCounter<const A extends AttributeValues>(...row: Row<A>): Observed<A> {
  const metric = metricOf('observed-counter', row)
  const create = (meter: Meter): ObservableCounter => meter.createObservableCounter(metric.name, metric)
  return { ...metric, observable: lazily(create) }
}

/** Tells a value of one {@link Observed}. */
export type Observe = <A extends AttributeValues>(
  metric: Observed<A>,
  value: number,
  ...attributes: Given<A>
) => void

/**
 * `read` tells its values whenever metrics are collected. When it rejects none of them are told, and the others are. Disposing
 * ends it.
 */
export function observeMetrics(
  observed: readonly Observed[],
  read: (observe: Observe) => void | Promise<void>,
): Disposable {
  const meter = api.getMeter('pickup')
  const observables = observed.map(metric => metric.observable())
  const callback: Parameters<Meter['addBatchObservableCallback']>[0] = result =>
    read((metric, value, ...[attributes]) =>
      result.observe(metric.observable(), value, attributes as Attributes),
    )
  meter.addBatchObservableCallback(callback, observables)
  return { [Symbol.dispose]: () => meter.removeBatchObservableCallback(callback, observables) }
}
