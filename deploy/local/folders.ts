import { homedir } from 'node:os'
import { join } from 'node:path'

/** Postgres refuses to run as root. Everything its own user must reach then lives outside of root's private home folder. */
export const isRoot = process.getuid?.() === 0

/** Folder of what can be made again: built servers, copies of binaries. Set by `PICKUP_CACHE_DIR`. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.PICKUP_CACHE_DIR) return env.PICKUP_CACHE_DIR
  if (isRoot) return '/var/cache/pickup'
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'pickup')
  return join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'pickup')
}

/** Folder of what must not be lost, where `--data` does not name one. */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env): string {
  if (isRoot) return '/var/lib/pickup'
  return join(env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'pickup')
}
