import { Type } from 'typebox'
import type { HttpServer } from '#libs/http/index.ts'
import { describeRoute, json } from '../describe-route.ts'
import type { createLatestMetrics } from './latest-metrics.ts'

type Deps = { metrics: ReturnType<typeof createLatestMetrics> }

/** `GET /monitor/metrics` → names; `GET /monitor/metrics/{name}` → the metric. A name that is none is an empty list. */
export function addGetMetrics(server: HttpServer, { metrics }: Deps): void {
  const byName = new Map<string, (typeof metrics)[keyof typeof metrics]>(Object.entries(metrics))

  server.get(
    '/monitor/metrics',
    describeRoute({
      tag: 'health',
      summary: 'Names of the metrics',
      answers: { 200: json(Type.Array(Type.String())) },
    }),
    () => [...byName.keys()],
  )

  server.get<{ Params: { name: string } }>(
    '/monitor/metrics/:name',
    describeRoute({
      tag: 'health',
      summary: 'A metric of each peer',
      description: 'An empty list for a name that is not known, and where there is nothing valid to say.',
      params: { name: Type.String({ description: 'As in `/monitor/metrics`' }) },
      answers: { 200: json(Type.Array(Type.Ref('Metric#'))) },
    }),
    async ({ params }) => (await byName.get(params.name)?.()) ?? [],
  )
}
