import { exitCodes } from './cli-error.ts'
import { defineCommand } from './command.ts'
import { allStates, maxPage } from './find-pin.ts'
import type { Output } from './output.ts'
import { formatPinLine } from './pin-text.ts'
import type { PinningApi } from './pinning-api.ts'
import { readCount, requireOperands } from './read-arguments.ts'
import { readMeta } from './read-meta.ts'
import { serverOptions } from './server.ts'

const DEFAULT_LIMIT = 100

/** `pickup ls` */
export const lsCommand = defineCommand({
  name: 'ls',
  summary: 'list pins, the newest first',
  operands: '',
  examples: [
    ['ls', `the newest ${DEFAULT_LIMIT}, whatever their state`],
    ['ls --status failed --json', 'those that failed, for a program'],
    ['ls --name photos --match partial', 'those with "photos" in their name'],
  ],
  options: {
    ...serverOptions,
    status: {
      type: 'string',
      multiple: true,
      value: 'STATE',
      choices: ['queued', 'pinning', 'pinned', 'failed'],
      help: 'only of this state',
    },
    name: { type: 'string', value: 'TEXT', help: 'only of this name' },
    match: {
      type: 'string',
      value: 'HOW',
      choices: ['exact', 'iexact', 'partial', 'ipartial'],
      help: 'how names are compared; those with i ignore case',
    },
    cid: { type: 'string', multiple: true, value: 'CID', help: 'only of this CID' },
    meta: { type: 'string', multiple: true, value: 'KEY=VALUE', help: 'only with this metadata' },
    before: { type: 'string', value: 'TIME', help: 'only created before' },
    after: { type: 'string', value: 'TIME', help: 'only created after' },
    limit: { type: 'string', value: 'N', help: `no more than these (default ${DEFAULT_LIMIT})` },
  },
  async run({ values, operands }, { connect, output }) {
    requireOperands(operands, '', { min: 0, max: 0 })
    const limit = readCount(values.limit, '--limit', DEFAULT_LIMIT)
    const query = new URLSearchParams({
      status: values.status.join() || allStates,
      ...(values.cid.length > 0 ? { cid: values.cid.join() } : {}),
      ...(values.meta.length > 0 ? { meta: JSON.stringify(readMeta(values.meta)) } : {}),
    })
    for (const name of ['name', 'match', 'before', 'after'] as const) {
      const value = values[name]
      if (value !== undefined) query.set(name, value)
    }
    await showPins(query, limit, { api: await connect(values), output })
    return exitCodes.ok
  },
})

type Deps = { api: Pick<PinningApi, 'list'>; output: Output }

async function showPins(query: URLSearchParams, limit: number, { api, output }: Deps): Promise<void> {
  let shown = 0
  for (;;) {
    query.set('limit', String(Math.min(limit - shown, maxPage)))
    const { count, results } = await api.list(query)
    for (const status of results) output.result(status, formatPinLine(status))
    shown += results.length
    const last = results.at(-1)
    if (!last && shown === 0) output.note('there are none')
    // `count` is of what is left before the last one.
    if (!last || count === results.length) return
    if (shown >= limit) return output.note(`${count - results.length} more: --limit shows them`)
    query.set('before', last.created)
  }
}
