import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { leasesOf } from '#libs/db/index.ts'
import { storedPins } from '#libs/db/testing/stored-pins.ts'
import { createTestDatabase } from '#libs/db/testing/test-database.ts'
import { addPinName, transferPinName } from '#libs/ipfs/index.ts'
import { connectNode, enoughTime } from '#libs/ipfs/testing/connect-node.ts'
import { startKuboNode } from '#libs/ipfs/testing/kubo-node.ts'
import { connectTo } from '#libs/storage/testing/test-objects.ts'
import { checkKubo } from './check-kubo.ts'

const hourMs = 3_600_000

test('pins of work that no longer runs are found and removed, and all others stay', {
  timeout: 60_000,
}, async () => {
  await using database = await createTestDatabase()
  await using node = await startKuboNode()
  await using source = connectNode(node)
  const pinAs = async (nameOf: (cid: string) => string) => {
    const { cid } = await node.client.add(randomBytes(100), { cidVersion: 1, pin: false })
    const pinned = cid.toString()
    await source.pinAhead(pinned, { ...enoughTime(), name: nameOf(pinned), onProgress: () => undefined })
    return pinned
  }
  const startedAgo = (ms: number) => () => addPinName(new Date(Date.now() - ms))
  const stale = [await pinAs(transferPinName), await pinAs(startedAgo(2 * hourMs))]
  const runs = await pinAs(transferPinName)
  const used = [runs, await pinAs(startedAgo(0)), await pinAs(() => 'of somebody else')]
  await storedPins(database.db).accept(runs)
  const leases = leasesOf(database.db, { owner: 'fetcher', leaseMs: hourMs })
  await leases.claim({ cid: runs, generation: 1, step: 'fetch' })

  await using storage = connectTo('http://127.0.0.1:1')
  const examined = { db: database.db, storage, stagingBucket: '', carBucket: '', source, graceMs: hourMs }
  const findings = await Array.fromAsync(checkKubo(examined))
  assert.deepEqual(findings.map(({ subject }) => subject).sort(), stale.sort())
  for (const { check, repair } of findings) {
    assert.equal(check, 'stale-kubo-pin')
    assert.equal(await repair?.(), true)
  }
  const left = new Set((await source.listPins(enoughTime())).map(({ cid }) => cid))
  assert.deepEqual(
    [...stale, ...used].map(cid => left.has(cid)),
    [false, false, true, true, true],
  )
})
