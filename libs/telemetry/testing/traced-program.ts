import { createLogger, currentTraceContext, metrics, readMetrics, withSpan } from '../index.ts'

/** Logs before, inside and after spans, what of them would be sent on, and what there is to scrape. */
const log = createLogger('traced', 'info')
log.info({ user: { password: 'secret', token: 'secret', name: 'ann' } }, 'outside')
await withSpan('outer', {}, async () => {
  log.info({ context: currentTraceContext() }, 'inside')
  const parent = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  await withSpan('continued', { parent }, async () => log.info('continued'))
  await withSpan('fresh', { parent: {} }, async () => log.info('fresh'))
})
await withSpan('failing', {}, () => Promise.reject(new Error('no', { cause: new Error('the cause') }))).catch(
  (err: unknown) => log.error({ err }, 'failed'),
)
metrics.pinsAccepted.add(3, { 'pickup.api': 'psa' })
log.info({ exposed: (await readMetrics())?.text }, 'metrics')
