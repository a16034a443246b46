import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { type Metric, metrics, prometheusLabel, prometheusName } from '#libs/telemetry/index.ts'
import { readAlerts, readOperatorQueries, readPanels } from './operator-queries.ts'
import { addedByPrometheus, namesInQuery, type Selector } from './promql.ts'

const timeout = 10_000
const document = (name: string) => readFile(new URL(`../../${name}`, import.meta.url), 'utf8')
const services = new Set<string>(Object.values<Metric>(metrics).flatMap(({ by }) => by))
const byName = new Map(Object.values<Metric>(metrics).map(metric => [prometheusName(metric), metric]))

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(' ', '-')

test('every alert says how bad it is, and where the RUNBOOK says what to do', { timeout }, async () => {
  const runbook = await document('deploy/RUNBOOK.md')
  const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))
  const alerts = await readAlerts()
  assert.ok(alerts.length > 10)
  for (const { alert, labels, annotations, for: since } of alerts) {
    const [file, anchor = ''] = annotations.runbook_url.split('#')
    assert.equal(file, 'deploy/RUNBOOK.md', alert)
    assert.ok(anchors.includes(anchor), `the RUNBOOK has no heading ${anchor}`)
    assert.match(labels.severity, /^(critical|warning)$/, alert)
    assert.match(since, /^\d+[mh]$/, alert)
    assert.ok(annotations.summary.length > 10, alert)
  }
  assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length)
})

test('every alert that the RUNBOOK explains is there', { timeout }, async () => {
  const names = new Set((await readAlerts()).map(({ alert }) => alert))
  const [, section = ''] = (await document('deploy/RUNBOOK.md')).split('\n## Alerts\n')
  const explained = [...section.matchAll(/^### (.+)$/gm)].map(([, name]) => name)
  assert.deepEqual(new Set(explained), names)
})

test('what the RUNBOOK refers to in its own words is a line of it', { timeout }, async () => {
  const [table = '', section = ''] = (await document('deploy/RUNBOOK.md')).split('\n## Alerts\n')
  const named = [...section.replaceAll('\n', ' ').matchAll(/"([^"]+)"/g)].map(([, line = '']) => line)
  assert.ok(named.length > 10)
  for (const line of named) assert.ok(table.includes(`| ${line}`), `no line begins with: ${line}`)
})

/** Of the values that an attribute may have, whether a matcher finds one: a misspelt one finds none. */
function findsSomething(
  values: readonly string[],
  { operator, value }: Selector['matchers'][number],
): boolean {
  const pattern = new RegExp(`^(?:${value})$`)
  const isFound = (each: string) => (operator.includes('~') ? pattern.test(each) : each === value)
  return values.some(isFound)
}

test('no query asks for a value that an attribute never has', { timeout }, async () => {
  for (const { where, query } of await readOperatorQueries()) {
    for (const { name, matchers } of namesInQuery(query).selectors) {
      if (name === addedByPrometheus.metric) {
        for (const { label, value } of matchers) {
          assert.equal(label, 'job', where)
          for (const job of value.split('|')) assert.ok(services.has(job), `${where}: no service ${job}`)
        }
        continue
      }
      const metric = byName.get(name.replace(/_(bucket|sum|count)$/, '')) ?? byName.get(name)
      assert.ok(metric, `${where}: no metric ${name}`)
      for (const matcher of matchers) {
        const attribute = Object.entries(metric.attributes).find(
          ([each]) => prometheusLabel(each) === matcher.label,
        )
        assert.ok(attribute, `${where}: ${name} has no label ${matcher.label}`)
        const [, values] = attribute
        if (typeof values !== 'string')
          assert.ok(findsSomething(values, matcher), `${where}: ${matcher.value}`)
      }
    }
  }
})

test('no two panels have one place, and each shows something', { timeout }, async () => {
  const panels = await readPanels()
  assert.ok(panels.length > 20)
  for (const { title, targets } of panels) assert.ok(targets.length > 0, title)
  const { panels: placed } = JSON.parse(await document('deploy/grafana/pickup.json'))
  const fields = placed.flatMap(
    ({ gridPos: { x, y, w, h } }: { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  )
  assert.equal(new Set(fields).size, fields.length)
})

test('the settings of Prometheus name the alerts and every service', { timeout }, async () => {
  const { rule_files, scrape_configs } = parse(await document('deploy/prometheus/prometheus.yaml'))
  assert.deepEqual(rule_files, ['alerts.yaml'])
  assert.deepEqual(new Set(scrape_configs.map(({ job_name }: { job_name: string }) => job_name)), services)
})
