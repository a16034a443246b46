import { jetstreamManager } from '@nats-io/jetstream'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { pinsOf, rpc } from '../e2e/content.ts'
import { emptyDirectory } from '../e2e/leftovers.ts'
import type { Installation } from './installation.ts'

/** What is not at its end, by what it is: nothing, when everything is done and cleaned up. */
export type Leftovers = Record<string, string[]>

/** Who is looked at: a pipeline, and the IPFS nodes of its fetchers. */
type Looked = Pick<Installation, 'pipeline' | 'nodes'>

/** What Postgres and JetStream still have to do. */
export async function unfinishedWork({ pipeline }: Looked): Promise<Leftovers> {
  const { database } = pipeline
  const list = async (query: string) =>
    (await database.query<{ item: string }>(query)).rows.map(row => row.item)
  return {
    'contents that are not final': await list(
      `select concat_ws(' ', contents.cid, generation, state, 'changed', changed_at::time(0),
         (select string_agg(concat_ws(' ', step, jobs.generation, 'attempts', attempts, 'failures', failures,
           'until', lease_until::time(0), case when result is not null then 'has a result' end, last_error), '; ')
          from jobs where jobs.cid = contents.cid)) as item
       from contents where state in ('queued', 'pinning')`,
    ),
    'live leases': await list(
      `select concat_ws(' ', cid, step, generation, lease_owner) as item from jobs where lease_until > now()`,
    ),
    'rows in the outbox': await list(
      `select concat_ws(' ', id, 'not before', not_before, 'failures', failures) as item from outbox`,
    ),
    'unread messages': await unreadMessages(pipeline),
  }
}

/** What finished work has left behind. */
export async function remains({ pipeline, nodes }: Looked): Promise<Leftovers> {
  const { storage, buckets } = pipeline
  const keys = async (listed: AsyncIterable<{ key: string }>) =>
    (await Array.fromAsync(listed)).map(({ key }) => key)
  const ofNodes = async (ask: (node: RunningKubo) => Promise<string[]>) =>
    (await Promise.all(nodes.map(ask))).flat()
  return {
    'staged objects': await keys(storage.list(buckets.staging, '')),
    'open uploads': [
      ...(await keys(storage.listOpenUploads(buckets.staging, ''))),
      ...(await keys(storage.listOpenUploads(buckets.cars, ''))),
    ],
    'Kubo pins': (await ofNodes(pinsOf)).filter(cid => cid !== emptyDirectory),
    'swarm peerings': await ofNodes(peeringsOf),
  }
}

async function unreadMessages({ admin, prefix }: Installation['pipeline']): Promise<string[]> {
  const manager = await jetstreamManager(admin)
  const unread: string[] = []
  for (const stream of ['PIN_JOBS', 'PIN_EVENTS'])
    for await (const { name, config, num_pending, num_ack_pending } of manager.consumers.list(
      `${prefix}_${stream}`,
    ))
      if (config.durable_name !== undefined && num_pending + num_ack_pending > 0)
        unread.push(`${name}: ${num_pending} not delivered, ${num_ack_pending} not settled`)
  return unread
}

async function peeringsOf(node: RunningKubo): Promise<string[]> {
  const { Peers } = JSON.parse(await rpc(node, 'swarm/peering/ls')) as { Peers: { ID: string }[] | null }
  return (Peers ?? []).map(({ ID }) => ID)
}
