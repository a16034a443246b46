import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createBrotliDecompress } from 'node:zlib'
import { cacheDir } from '#deploy/local/folders.ts'

const installed = [
  process.env['CHROMIUM_BIN'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * Path of a Chromium: `CHROMIUM_BIN`, one that is installed, or else the one of `@sparticuz/chromium`, which is for Linux
 * on x64 alone and is unpacked into the user's cache, once. Resolves with undefined where there is none.
 */
export async function findChromium(): Promise<string | undefined> {
  const found = installed.find(path => path !== undefined && existsSync(path))
  if (found !== undefined) return found
  if (platform() !== 'linux' || arch() !== 'x64') return undefined
  return unpackOnce(packed('chromium.br'))
}

/** A file of the package `@sparticuz/chromium`. Its own code would unpack it where another run may find half of it. */
export const packed = (name: string): string =>
  fileURLToPath(new URL(`../bin/${name}`, import.meta.resolve('@sparticuz/chromium')))

async function unpackOnce(source: string): Promise<string> {
  const { version } = JSON.parse(await readFile(packed('../package.json'), 'utf8'))
  const target = join(cacheDir(), `chromium-${version}`)
  if (existsSync(target)) return target
  await mkdir(dirname(target), { recursive: true })
  const half = await mkdtemp(`${target}-half-`)
  try {
    const file = join(half, 'chromium')
    await pipeline(
      createReadStream(source),
      createBrotliDecompress(),
      createWriteStream(file, { mode: 0o755 }),
    )
    await rename(file, target)
  } finally {
    await rm(half, { recursive: true })
  }
  return target
}
