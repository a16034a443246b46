import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createSupervisor } from '#deploy/local/supervisor.ts'
import { createLogger } from '#libs/telemetry/index.ts'
import { globalSetup, globalTeardown, type TestServers } from '../../e2e/global-setup.ts'
import { report } from '../report.ts'
import { measurePeer } from './measure-peer.ts'
import { measurePickup } from './measure-pickup.ts'
import { rowsOf, type ServerRow } from './report.ts'

/*
 * The HTTP API beside ipfs-cluster-service 1.1.6 on the same machine, one after the other. Linux only: the kernel keeps
 * the peak of memory. The load generator shares the machine with what it measures: trust ratios, not absolute figures.
 *
 * Usage: node test/bench/api/run.ts [--posts 10000] [--gets 10000] [--lists 100000,1000000] [--peer-list 100000]
 *                                   [--peer-pinned 5000] [--only pickup|peer]
 */
const { values } = parseArgs({
  options: {
    posts: { type: 'string', default: '10000' },
    gets: { type: 'string', default: '10000' },
    lists: { type: 'string', default: '100000,1000000' },
    'peer-list': { type: 'string', default: '100000' },
    'peer-pinned': { type: 'string', default: '5000' },
    only: { type: 'string' },
  },
})
const sizes = { posts: Number(values.posts), gets: Number(values.gets), connections: [20, 50] }
const rows: ServerRow[] = []
const note = (row: ServerRow) => {
  rows.push(row)
  process.stderr.write(`${JSON.stringify(row)}\n`)
}

await globalSetup()
try {
  if (values.only !== 'peer')
    await measurePickup({ ...sizes, lists: values.lists.split(',').map(Number) }, note)
  if (values.only !== 'pickup') {
    const { binaries }: TestServers = JSON.parse(process.env['PICKUP_TEST_SERVERS'] ?? 'null')
    const dataDir = await mkdtemp(join(tmpdir(), 'pickup-bench-'))
    try {
      await using supervisor = createSupervisor(createLogger('bench', 'fatal'))
      const place = { supervisor, dataDir, kuboBinary: binaries.kubo }
      const peerSizes = { ...sizes, list: Number(values['peer-list']), pinned: Number(values['peer-pinned']) }
      await measurePeer(place, peerSizes, note)
    } finally {
      await rm(dataDir, { recursive: true })
    }
  }
} finally {
  await globalTeardown()
}
process.stdout.write(report(rowsOf(rows)))
