import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheDir } from '#deploy/local/folders.ts'
import { launchProcess } from '#deploy/local/launch-process.ts'
import { startGuard } from '#deploy/local/process-guard.ts'
import { createLogger } from '#libs/telemetry/index.ts'

// Installing takes a while: it is to be seen even where the tests' own log is quiet.
const log = createLogger('test-clients', 'info')
const manifests = ['package.json', 'package-lock.json']

/** Folders beside this file, each with a manifest and a lock file of its own. */
export type ClientsName = 'compliance' | 'helia'

/**
 * Folder whose `node_modules` has the clients named in a folder beside this file, in the versions of its lock file. They
 * are no dependencies of the project: hundreds of packages that nothing else needs. Installed into the user's cache, once.
 */
export async function installClients(name: ClientsName): Promise<string> {
  const manifestFile = (manifest: string) => fileURLToPath(new URL(`${name}/${manifest}`, import.meta.url))
  const hash = createHash('sha256')
  for (const manifest of manifests) hash.update(await readFile(manifestFile(manifest)))
  const dir = join(cacheDir(), `${name}-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(dir)) return dir
  await mkdir(cacheDir(), { recursive: true })
  const half = await mkdtemp(join(cacheDir(), `${name}-half-`))
  try {
    for (const manifest of manifests) await copyFile(manifestFile(manifest), join(half, manifest))
    await installInto(half, name)
    await moveUnlessThere(half, dir)
  } finally {
    await rm(half, { recursive: true, force: true })
  }
  return dir
}

/** Without scripts: they download programs, such as an IPFS node, that no test uses. */
async function installInto(cwd: string, name: ClientsName): Promise<void> {
  log.info({ clients: name }, 'installing clients for the tests: up to 100 MB, once per user, about a minute')
  await using guard = startGuard(log)
  const npm = await launchProcess(
    {
      name: 'npm',
      command: 'npm',
      args: ['ci', '--ignore-scripts', '--no-audit', '--no-fund'],
      cwd,
      env: process.env,
    },
    guard,
    line => log.info({ service: 'npm' }, line),
  )
  const { code, how } = await npm.ended
  if (code !== 0) throw new Error(`npm could not install ${name} (${how}):\n${npm.lastLines()}`)
}

/** Another run may have been faster; its folder is as good. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
}
