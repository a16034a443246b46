import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'

/** Writes a file that only its owner can read. A reader sees the old content or the new one, never half of it. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  const half = `${file}.${randomBytes(4).toString('hex')}.tmp`
  await writeFile(half, text, { mode: 0o600, flush: true })
  await rename(half, file)
}

/** Reads the JSON value kept in `file`; undefined while there is no such file. */
export async function readKept<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The value kept in `file`, made by `create` and written there at the first call. For credentials that must survive a restart. */
export async function keep<T>(file: string, create: () => T): Promise<T> {
  const kept = await readKept<T>(file)
  if (kept !== undefined) return kept
  const created = create()
  await writePrivateFile(file, `${JSON.stringify(created, undefined, 2)}\n`)
  return created
}

/** A password of 192 random bits that needs no escaping in a URL, a shell or a configuration file. */
export function randomSecret(): string {
  return randomBytes(24).toString('hex')
}
