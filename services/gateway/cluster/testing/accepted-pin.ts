import type { AcceptedPin } from '#libs/db/index.ts'

/** A pin of the account `default` with a content in the same state, changed as the test needs it. */
export function acceptedPin(
  pin: Partial<AcceptedPin['pin']> = {},
  content: Partial<AcceptedPin['content']> = {},
): AcceptedPin {
  const cid = 'canonical'
  const created = new Date('2026-01-01T00:00:00.120Z')
  const changed = new Date('2026-01-02T00:00:00.345Z')
  const state = pin.state ?? 'pinned'
  return {
    pin: {
      requestId: 'r',
      account: 'default',
      api: 'cluster',
      cid,
      sentCid: 'as-sent-before',
      name: 'name',
      meta: { k: 'v' },
      origins: ['/ip4/1.2.3.4/tcp/1/p2p/12D3'],
      createdAt: created,
      options: null,
      state,
      expiresAt: null,
      carBytes: null,
      idempotencyKey: null,
      ...pin,
    },
    content: {
      cid,
      generation: 2,
      state,
      attempts: 2,
      failureCode: 'stalled',
      failureMessage: 'nothing came',
      missingCids: ['m'],
      carCid: 'bag',
      carBucket: 'cars',
      carKey: 'bag/bag.car',
      carBytes: 100,
      blocks: 3,
      dagBytes: 80,
      rawBytes: 70,
      verifiedAt: changed,
      indexedAt: null,
      bridgedAt: null,
      carDeletionAt: null,
      traceId: null,
      queuedAt: created,
      changedAt: changed,
      ...content,
    },
  }
}
