import { type Metric, metrics, prometheusLabel, prometheusName } from '#libs/telemetry/index.ts'

const head = `# Metrics

<!-- Written by \`npm run docs:metrics\` from libs/telemetry/metrics.ts: change it there. -->

What every service measures of itself, and what \`status\` measures of all. With \`OTEL_METRICS_EXPORTER=prometheus\` each
service shows it at \`GET /metrics\` of its \`HEALTH_PORT\`; with an OTLP endpoint it is sent there. Otherwise nothing is
measured. [deploy/prometheus/alerts.yaml](../deploy/prometheus/alerts.yaml) and
[deploy/grafana/pickup.json](../deploy/grafana/pickup.json) are made of it.

- Names and units follow OpenTelemetry; the second name is the one in Prometheus, whichever way it came there. A histogram
  has \`_bucket\`, \`_sum\` and \`_count\`. Nothing is said of one pin, content or account: that is in the traces and the log.
- What only \`status\` has is of the whole installation. Several processes of it say the same: take \`max by (...)\`, never \`sum\`.
- A value that cannot be read now is missing. While Postgres is away, what status knows of NATS is there all the same.
- A counter counts since the process began. An event that comes twice counts once where its effect does.

`

const columns = ['metric', 'kind', 'services', 'what it says', 'attributes']

/** The text of docs/metrics.md: the table of metrics, for people. */
export function metricsDocument(): string {
  const rows = Object.values<Metric>(metrics).map(cellsOf)
  return head + [columns, columns.map(() => '---'), ...rows].map(line => `| ${line.join(' | ')} |\n`).join('')
}

function cellsOf(metric: Metric): string[] {
  const { name, kind, unit, by, description, attributes } = metric
  const attributeCells = Object.entries(attributes).map(
    ([attribute, values]) =>
      `\`${prometheusLabel(attribute)}\`: ${typeof values === 'string' ? values : values.map(value => `\`${value}\``).join(', ')}`,
  )
  return [
    `\`${name}\` \`${prometheusName(metric)}\``,
    `${kind.replace('observed-', '').replaceAll('-', ' ')}, \`${unit}\``,
    by.length === 5 ? 'all' : by.join(', '),
    description,
    attributeCells.join('; '),
  ]
}
