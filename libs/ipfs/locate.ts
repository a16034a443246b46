import type { TimeLimit } from './dag-source.ts'
import { type EmptyBlock, isEmptyBlock } from './empty-block.ts'
import { beginCall } from './kubo-call.ts'
import type { KuboHttp } from './kubo-http.ts'

/**
 * Asks for the root block alone. Kubo fetches and keeps it, so the pin that follows does not ask again. The empty block,
 * which it could not fetch, is given to it.
 */
export async function locate(
  { http, emptyBlock }: { http: KuboHttp; emptyBlock: EmptyBlock },
  cid: string,
  options: TimeLimit,
): Promise<void> {
  if (isEmptyBlock(cid)) await emptyBlock.keep(options)
  else await findRoot(http, cid, options)
}

/** By undici: a thousand of these may run at once, and `fetch` takes three times the work for each. */
async function findRoot(http: KuboHttp, cid: string, options: TimeLimit): Promise<void> {
  const call = beginCall(`find the root ${cid}`, options, { expired: 'not-found', failed: 'not-found' })
  try {
    const parameters = { arg: cid, timeout: call.kuboTimeout }
    const { body } = await http.runCommand('block/stat', parameters, call.signal)
    await body.dump()
  } catch (error) {
    throw call.translate(error)
  }
}
