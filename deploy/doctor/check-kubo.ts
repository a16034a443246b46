import { leasedContents } from '#libs/db/index.ts'
import { readPinName } from '#libs/ipfs/index.ts'
import type { Check } from './finding.ts'

const listTimeoutMs = 60_000
const unpinTimeoutMs = 60_000

/**
 * Pins that killed fetchers and gateways have left on the IPFS node. A fetcher removes those on its own node when it starts;
 * this is for nodes that only a gateway uses, and for those whose fetcher does not come back. Pins by other names are
 * somebody else's.
 */
export const checkKubo: Check = async function* ({ db, source, graceMs }) {
  if (!source) return
  const pins = await source.listPins({
    timeoutMs: listTimeoutMs,
    signal: AbortSignal.timeout(listTimeoutMs),
  })
  for (const { cid, name } of pins) {
    const purpose = readPinName(name)
    if (!purpose) continue
    const isUsed = async () =>
      purpose.kind === 'transfer'
        ? (await leasedContents(db, [purpose.cid])).size > 0
        : Date.now() - purpose.startedAt.getTime() < graceMs
    if (await isUsed()) continue
    yield {
      check: 'stale-kubo-pin',
      subject: cid,
      detail: `the pin ${name} is of no work that runs; repaired, it is removed`,
      async repair() {
        if (await isUsed()) return false
        await source.unpin(cid, { signal: AbortSignal.timeout(unpinTimeoutMs) })
        return true
      },
    }
  }
}
