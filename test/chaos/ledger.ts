import { once } from 'node:events'
import { createWriteStream } from 'node:fs'

/** The way a request came in. */
export type WayIn = 'cluster' | 'psa' | 'nats'

/**
 * What a client asked for, and what it was told. `accepted`: a 2xx or a PubAck. `refused`: a clear no. `unknown`: no answer,
 * or one that says that the service could not finish; it may have been done, or may be done later.
 */
export type Entry = {
  /** Also the name of the pin. */
  operation: string
  way: WayIn
  kind: 'pin' | 'add' | 'unpin' | 'replace'
  cid: string
  /** Which pin: of the cluster API its CID, else the request id. Unknown for a request that got no answer. */
  pin?: string
  /** Of `replace`: the pin in whose place the new one comes. */
  replaced?: string
  outcome: 'accepted' | 'refused' | 'unknown'
  detail?: string
  at: string
}

/** What must be true of one pin in the end. */
export type Expectation = 'there' | 'gone' | 'either'

/** Every request with its answer, in the order of the answers. Nothing is ever changed or removed. */
export type Ledger = AsyncDisposable & {
  readonly entries: readonly Entry[]
  add: (entry: Omit<Entry, 'at'>) => void
}

/** Kept in memory, and in `file` as one JSON document a line. */
export function openLedger(file: string): Ledger {
  const entries: Entry[] = []
  const output = createWriteStream(file, { flags: 'ax' })
  return {
    entries,
    add(entry) {
      const dated = { ...entry, at: new Date().toISOString() }
      entries.push(dated)
      output.write(`${JSON.stringify(dated)}\n`)
    },
    async [Symbol.asyncDispose]() {
      output.end()
      await once(output, 'close')
    },
  }
}

type Pin = { way: WayIn; cid: string; pin: string; expectation: Expectation }

/**
 * What became of each pin, as far as its clients can know. A request whose answer is unknown may take effect at any later
 * time, so whether a pin is there stays open when one request for it, and one against it, are not both answered.
 */
export function expectedPins(entries: readonly Entry[]): Pin[] {
  type Facts = { way: WayIn; cid: string; last?: 'there' | 'gone'; maybeMade: boolean; maybeRemoved: boolean }
  const facts = new Map<string, Facts>()
  const of = ({ way, cid }: Entry, pin: string) => {
    const key = `${way} ${pin}`
    const known = facts.get(key) ?? { way, cid, maybeMade: false, maybeRemoved: false }
    facts.set(key, known)
    return known
  }
  for (const entry of entries) {
    if (entry.outcome === 'refused') continue
    const accepted = entry.outcome === 'accepted'
    if (entry.kind !== 'unpin' && entry.pin !== undefined) {
      const pin = of(entry, entry.pin)
      if (accepted) pin.last = 'there'
      else pin.maybeMade = true
    }
    const removed = entry.kind === 'unpin' ? entry.pin : entry.replaced
    if (removed !== undefined) {
      const pin = of(entry, removed)
      if (accepted) pin.last = 'gone'
      else pin.maybeRemoved = true
    }
  }
  return [...facts].map(([key, { way, cid, last, maybeMade, maybeRemoved }]) => {
    const isOpen = last === undefined || (last === 'there' ? maybeRemoved : maybeMade)
    return { way, cid, pin: key.slice(way.length + 1), expectation: isOpen ? 'either' : last }
  })
}
