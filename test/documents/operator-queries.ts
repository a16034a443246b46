import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'

/** A query that Prometheus is asked for operators, and where it stands. `legend` may name labels of its answer. */
export type OperatorQuery = { where: string; query: string; legend?: string | undefined }

/** An alert, as Prometheus has it (its documentation, "Alerting rules"). */
export type Alert = {
  alert: string
  expr: string
  for: string
  labels: { severity: string }
  annotations: { summary: string; runbook_url: string }
}

type Panel = { type: string; title: string; targets?: { expr: string; legendFormat: string }[] }

const read = (path: string) => readFile(new URL(`../../deploy/${path}`, import.meta.url), 'utf8')

/** The alerts of deploy/prometheus/alerts.yaml. Throws when it is no YAML. */
export async function readAlerts(): Promise<Alert[]> {
  const { groups }: { groups: { rules: Alert[] }[] } = parse(await read('prometheus/alerts.yaml'))
  return groups.flatMap(({ rules }) => rules)
}

/** The panels of deploy/grafana/pickup.json, without the rows. Throws when it is no JSON. */
export async function readPanels(): Promise<Required<Panel>[]> {
  const { panels }: { panels: Panel[] } = JSON.parse(await read('grafana/pickup.json'))
  return panels.flatMap(({ targets = [], ...panel }) => (panel.type === 'row' ? [] : [{ ...panel, targets }]))
}

/** Every query of alerts and dashboard. */
export async function readOperatorQueries(): Promise<OperatorQuery[]> {
  const ofAlerts = (await readAlerts()).map(({ alert, expr }) => ({ where: alert, query: expr }))
  const ofPanels = (await readPanels()).flatMap(({ title, targets }) =>
    targets.map(({ expr, legendFormat }) => ({ where: title, query: expr, legend: legendFormat })),
  )
  return [...ofAlerts, ...ofPanels]
}
