import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder, removed with all that is in it when disposed. Other users may enter it, as Postgres' own must. */
export async function createTemporaryFolder(prefix: string): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), prefix))
  await chmod(path, 0o711)
  const remove = () => rm(path, { recursive: true, force: true, maxRetries: 3 })
  return { path, [Symbol.asyncDispose]: remove }
}
