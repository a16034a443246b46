/** What there is to scrape. Values that could not be read are missing, and `errors` has why. */
export type Exposition = { text: string; errors: readonly unknown[] }

let expose: (() => Promise<Exposition>) | undefined

/** Called once, when the process starts with metrics to be scraped. */
export function exposeMetrics(by: () => Promise<Exposition>): void {
  expose = by
}

/** All metrics of the process in the text format of Prometheus; undefined when none are exposed. */
export const readMetrics = async (): Promise<Exposition | undefined> => expose?.()
