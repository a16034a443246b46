import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Loaded first in every service, and by `npm start`, with `node --import ./libs/service/compile-cache.ts`. From the
 * second time on a process starts with half the work: Node keeps what it has compiled in `~/.cache/pickup/compile`, or
 * does without where it may not write. Not in Node's default, the temporary folder: Node runs what it finds there,
 * whoever has put it there.
 */
try {
  enableCompileCache(join(homedir(), '.cache', 'pickup', 'compile'))
} catch {
  // A user without a home, as containers have them.
}
