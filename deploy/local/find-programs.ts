import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from '#libs/telemetry/index.ts'
import { buildPrograms } from './build-programs.ts'
import { executable, executablesOnPath } from './executable-files.ts'
import { cacheDir } from './folders.ts'
import { StackError } from './stack-error.ts'

/** A program written in Go that this project starts and does not ship. */
export type Program = {
  /** File name, as installed by its packages and as `go build` names it. */
  binary: string
  /** Variable that names another file. Its version is not asked for. */
  variable: string
  goPackage: string
  versionArgument: string
  oldest: readonly [number, number, number]
}

type Search = {
  /** Folder of the `go.mod` whose `tool` directives pin the programs. */
  moduleDir: string
  log: Logger
  signal?: AbortSignal
}

/**
 * Finds each program: named by its variable, on PATH in a version that is good enough, in the user's cache, or built into
 * that cache from the versions that `go.mod` pins. Answers paths by the keys of `programs`.
 * Throws {@link StackError} with what to install.
 */
export async function findPrograms<Name extends string>(
  programs: Readonly<Record<Name, Program>>,
  search: Search,
): Promise<Record<Name, string>> {
  const entries = Object.entries<Program>(programs)
  const built = await builtDir(search.moduleDir)
  const found = new Map<string, string>()
  for (const [name, program] of entries) {
    const path =
      (await named(program)) ?? (await onPath(program)) ?? (await executable(join(built, program.binary)))
    if (path) found.set(name, path)
  }
  const missing = entries.filter(([name]) => !found.has(name))
  if (missing.length > 0) {
    await buildInto(
      built,
      missing.map(([, program]) => program),
      search,
    )
    for (const [name, program] of missing) found.set(name, join(built, program.binary))
  }
  return Object.fromEntries(found) as Record<Name, string>
}

/** One folder per set of pinned versions and per platform: a home folder may be shared by machines. */
async function builtDir(moduleDir: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(join(moduleDir, file)))
  return join(cacheDir(), `${hash.digest('hex').slice(0, 16)}-${process.platform}-${process.arch}`)
}

/** Two builders at once do not disturb each other: each builds into its own folder, and a rename is atomic. */
async function buildInto(dir: string, programs: readonly Program[], search: Search) {
  await mkdir(dir, { recursive: true })
  const half = await mkdtemp(join(dir, 'build-'))
  try {
    const names = programs.map(program => program.binary)
    const packages = programs.map(program => program.goPackage)
    await buildPrograms({ names, packages, outputDir: half, ...search })
    for (const name of names) await rename(join(half, name), join(dir, name))
  } finally {
    await rm(half, { recursive: true, force: true })
  }
}

async function named({ variable }: Program): Promise<string | undefined> {
  const path = process.env[variable]
  if (!path) return undefined
  if (await executable(path)) return path
  throw new StackError(`${variable} names ${path}, which is not an executable file`)
}

async function onPath(program: Program): Promise<string | undefined> {
  for (const path of await executablesOnPath(program.binary))
    if (await isNewEnough(path, program)) return path
  return undefined
}

/** A version that cannot be read (a development build) does not count as good enough. */
async function isNewEnough(path: string, { versionArgument, oldest }: Program): Promise<boolean> {
  const printed = await promisify(execFile)(path, [versionArgument], { timeout: 10_000 }).then(
    ({ stdout }) => stdout,
    () => '',
  )
  const numbers = /(\d+)\.(\d+)\.(\d+)/.exec(printed)?.slice(1).map(Number)
  if (!numbers) return false
  const different = numbers.findIndex((number, i) => number !== oldest[i])
  return different === -1 || (numbers[different] ?? 0) > (oldest[different] ?? 0)
}
