import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Gives the path back if this process may execute the file. */
export async function executable(path: string): Promise<string | undefined> {
  return await access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  )
}

/** All files of this name on PATH, in its order. */
export async function executablesOnPath(name: string): Promise<string[]> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(folder => folder !== '')
  const files = await Promise.all(folders.map(folder => executable(join(folder, name))))
  return files.filter(file => file !== undefined)
}
