import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from './cli-error.ts'

/** A file or directory to add. `name` is its path in what is added. */
export type Entry = { kind: 'file' | 'directory'; name: string; file: string; sizeBytes: number }

/**
 * What is to be added of a path, each directory before what is in it. Files that begin with a dot are left out unless
 * `hidden`, as `ipfs add -r` does. Throws {@link CliError} for what is neither a file nor a directory: links included,
 * as they may lead anywhere.
 */
export async function listEntries(
  path: string,
  top: string,
  { hidden }: { hidden: boolean },
): Promise<Entry[]> {
  const found = await stat(path)
  if (found.isFile()) return [{ kind: 'file', name: top, file: path, sizeBytes: found.size }]
  const entries: Entry[] = [{ kind: 'directory', name: top, file: path, sizeBytes: 0 }]
  const inside = await readdir(path, { withFileTypes: true })
  // By name, so that what is sent is always the same.
  for (const entry of inside.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') && !hidden) continue
    const file = join(path, entry.name)
    if (!entry.isFile() && !entry.isDirectory())
      throw new CliError('usage', `${file} is neither a file nor a directory, and cannot be added`)
    entries.push(...(await listEntries(file, `${top}/${entry.name}`, { hidden })))
  }
  return entries
}
