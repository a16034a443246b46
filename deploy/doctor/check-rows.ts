import { correctCount, oldOutboxRows, stuckContents, unstick, wrongCounts } from '#libs/db/index.ts'
import type { Check } from './finding.ts'

/** Contents on their way of which nothing was heard for long: the reconciler of status should have found them. */
export const checkContents: Check = async function* ({ db, graceMs }) {
  for await (const content of stuckContents(db, graceMs)) {
    const { cid, state, heardAt, lastWord } = content
    yield {
      check: 'stuck-content',
      subject: cid,
      detail: `${state}, nothing heard since ${heardAt.toISOString()}, last of: ${lastWord ?? 'nobody'}; repaired, its job is sent again`,
      async repair() {
        await unstick(db, content)
        return true
      },
    }
  }
}

/** The outbox is emptied by any gateway, fetcher or status that reaches NATS: a row that stays shows that none does. */
export const checkOutbox: Check = async function* ({ db, graceMs }) {
  for (const { id, createdAt, failures } of await oldOutboxRows(db, graceMs))
    yield {
      check: 'old-outbox-row',
      subject: id,
      detail: `waits since ${createdAt} after ${failures} failed attempts to publish it: look at NATS`,
    }
}

/** Counters of pins that differ from the pins. Reads all pins once. */
export const checkCounts: Check = async function* ({ db }) {
  for (const wrong of await wrongCounts(db)) {
    const { account, api, state, hour, pins, carBytes } = wrong
    yield {
      check: 'wrong-pin-count',
      subject: `${account} ${api} ${state} ${hour}`,
      detail: `${pins} pins and ${carBytes} bytes are not counted; repaired, they are`,
      async repair() {
        await correctCount(db, wrong)
        return true
      },
    }
  }
}
