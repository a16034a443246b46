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
const manifestFile = (name: string) => fileURLToPath(new URL(`compliance/${name}`, import.meta.url))

/**
 * Folder whose `node_modules` has the compliance suite in the version of the lock file in `compliance`. It is no dependency of
 * the project: hundreds of packages that nothing else needs. Installed into the user's cache, once.
 */
export async function installSuite(): Promise<string> {
  const hash = createHash('sha256')
  for (const name of manifests) hash.update(await readFile(manifestFile(name)))
  const dir = join(cacheDir(), `compliance-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(dir)) return dir
  await mkdir(cacheDir(), { recursive: true })
  const half = await mkdtemp(join(cacheDir(), 'compliance-half-'))
  try {
    for (const name of manifests) await copyFile(manifestFile(name), join(half, name))
    await installInto(half)
    await moveUnlessThere(half, dir)
  } finally {
    await rm(half, { recursive: true, force: true })
  }
  return dir
}

/** Without scripts: one of them downloads an IPFS node that no check uses. */
async function installInto(cwd: string): Promise<void> {
  log.info('installing the Pinning Service compliance suite: 100 MB, once per user, about a minute')
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
  if (code !== 0) throw new Error(`npm could not install the compliance suite (${how}):\n${npm.lastLines()}`)
}

/** Another run may have been faster; its folder is as good. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
}
