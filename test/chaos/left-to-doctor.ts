import { contentsOf } from './check-pins.ts'
import type { Installation } from './installation.ts'

/**
 * Tells of the key of a staged object, with or without its bucket, whether only the doctor can know that nobody wants it:
 * a gateway was killed before it had told anybody of an upload, or the message of a finished fetch went with its stream
 * while its content was unpinned.
 */
export async function leftToDoctor(
  { pipeline }: Pick<Installation, 'pipeline'>,
  { streamsWereLost }: { streamsWereLost: boolean },
): Promise<(key: string) => boolean> {
  const states = new Map((await contentsOf(pipeline)).map(({ cid, state }) => [cid, state]))
  return key => {
    const [cid = '', name = ''] = key.split('/').slice(-2)
    if (name.startsWith('add-')) return !states.has(cid)
    return streamsWereLost && states.get(cid) === 'unpinned'
  }
}
