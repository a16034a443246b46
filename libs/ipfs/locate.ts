import type { TimeLimit } from './dag-source.ts'
import { type EmptyBlock, isEmptyBlock } from './empty-block.ts'
import { beginCall, type KuboCall, KuboCommandError } from './kubo-call.ts'
import type { CommandParameters, KuboHttp } from './kubo-http.ts'

/**
 * Asks for the root block alone. Kubo fetches and keeps it, so the pin that follows does not ask again. The empty block,
 * which it could not fetch, is given to it.
 */
export async function locate(
  { http, emptyBlock }: { http: KuboHttp; emptyBlock: EmptyBlock },
  cid: string,
  options: TimeLimit,
): Promise<{ wasLocal: boolean }> {
  if (isEmptyBlock(cid)) {
    await emptyBlock.keep(options)
    return { wasLocal: true }
  }
  const limit = { ...options, isEndedByKubo: true }
  const call = beginCall(`find the root ${cid}`, limit, { expired: 'timed-out', failed: 'not-found' })
  try {
    if (await isLocal(http, cid, call)) return { wasLocal: true }
    await findRoot(http, { arg: cid }, call)
    return { wasLocal: false }
  } catch (error) {
    throw call.translate(error)
  }
}

/** Without the network: `offline` is an option of every RPC command. */
async function isLocal(http: KuboHttp, cid: string, call: KuboCall): Promise<boolean> {
  try {
    await findRoot(http, { arg: cid, offline: 'true' }, call)
    return true
  } catch (error) {
    if (error instanceof KuboCommandError && !call.isExpiry(error)) return false
    throw error
  }
}

async function findRoot(http: KuboHttp, parameters: CommandParameters, call: KuboCall): Promise<void> {
  const limited = { ...parameters, timeout: call.kuboTimeout }
  const { body } = await http.runCommand('block/stat', limited, call.signal)
  await body.dump()
}
