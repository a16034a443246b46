import type { SupervisedChild } from '#deploy/local/supervised-child.ts'
import { cpuMs, peakMib, resetPeak } from '../process-usage.ts'
import { median } from '../statistics.ts'
import { runLoad } from './load.ts'
import { randomCids } from './random-cids.ts'
import { readList } from './read-list.ts'
import type { ServerRow } from './report.ts'

/** What is measured: a server and the process that answers. */
export type Target = { server: ServerRow['server']; url: string; child: SupervisedChild }

/** Both servers have the same credentials. */
export const authorization = `Basic ${Buffer.from('user:secret').toString('base64')}`

/** `count` times `POST /pins/{cid}`, of CIDs that are all different and that nobody has. */
export const measurePosts = (target: Target, connections: number, count: number): Promise<ServerRow> =>
  measureRequests(target, 'POST', connections, {
    work: `POST /pins/{cid}, ${connections} connections`,
    target: { atLeast: 1.5 },
    nextTargets: () => randomCids(count).map(cid => `/pins/${cid}`),
  })

/** `count` times `GET /pins/{cid}`, over and over the given CIDs. */
export const measureGets = (
  target: Target,
  connections: number,
  { of, cids, count }: { of: string; cids: readonly string[]; count: number },
): Promise<ServerRow> =>
  measureRequests(target, 'GET', connections, {
    work: `GET /pins/{cid}, ${connections} connections`,
    of,
    target: { atLeast: 3 },
    nextTargets: () => Array.from({ length: count }, (_, i) => `/pins/${cids[i % cids.length]}`),
  })

/** A server is warm after the first of them, which does not count. */
const rounds = 4

/** The round with the median rate, and what was refused in all of them. */
async function measureRequests(
  { server, url, child }: Target,
  method: 'GET' | 'POST',
  connections: number,
  {
    nextTargets,
    of = '',
    ...what
  }: Pick<ServerRow, 'work' | 'of' | 'target'> & { nextTargets: () => string[] },
): Promise<ServerRow> {
  const rows: (ServerRow & { perSecond: number })[] = []
  let refused = 0
  for (let round = 0; round < rounds; round++) {
    const load = { url, connections, method, targets: nextTargets(), authorization }
    const { result, usage } = await withUsage(child, () => runLoad(load))
    const { perSecond, p50Ms, p99Ms, statuses, requests } = result
    refused += requests - (statuses[200] ?? 0)
    if (round > 0) rows.push({ server, ...what, of, perSecond, p50Ms, p99Ms, ...usage(requests) })
  }
  const ofRates = median(rows.map(({ perSecond }) => perSecond))
  const [row] = rows.filter(({ perSecond }) => perSecond === ofRates)
  if (!row) throw new Error('nothing was measured')
  return { ...row, refused }
}

/** One whole list, after another that warms up. */
export async function measureList(
  { server, url, child }: Target,
  path: string,
  what: string,
): Promise<ServerRow> {
  await readList(`${url}${path}`, authorization)
  const { result, usage } = await withUsage(child, () => readList(`${url}${path}`, authorization))
  const { objects, perSecond, firstByteMs } = result
  return {
    server,
    work: `objects of GET ${path}`,
    of: `${objects} ${what}`,
    perSecond,
    firstByteMs,
    ...usage(objects),
    ...(path === '/pins' && { target: { atLeast: 3 }, firstByteTarget: { atMost: 50 } }),
  }
}

/** What the process needed meanwhile: its peak of memory, and the CPU time for each of `count` things. */
async function withUsage<T>({ pid }: SupervisedChild, run: () => Promise<T>) {
  await resetPeak(pid)
  const before = await cpuMs(pid)
  const result = await run()
  const [after, peak] = [await cpuMs(pid), await peakMib(pid)]
  return { result, usage: (count: number) => ({ peakMib: peak, cpuMs: (after - before) / count }) }
}

/** Kills the answering process right after its last of `count` answers, and counts what of them is there after its restart. */
export async function measureLost({ server, url, child }: Target, count: number): Promise<ServerRow> {
  const cids = randomCids(count)
  const targets = cids.map(cid => `/pins/${cid}`)
  const { statuses } = await runLoad({ url, connections: 20, method: 'POST', targets, authorization })
  if (statuses[200] !== count || child.pid === undefined) throw new Error('not every pin was accepted')
  const restarted = child.nextRestart()
  process.kill(child.pid, 'SIGKILL')
  await restarted
  const wanted = cids.map(cid => `/allocations/${cid}`)
  const after = await runLoad({ url, connections: 20, method: 'GET', targets: wanted, authorization })
  return {
    server,
    work: `kill -9 right after ${count} accepted pins`,
    lost: count - (after.statuses[200] ?? 0),
  }
}
