import { enableCompileCache } from 'node:module'

/**
 * Loaded first in every service by `node --import ./libs/service/compile-cache.ts`. From the second time on a service
 * starts with half the work: Node keeps what it has compiled in a folder of the temporary one, or does without where it
 * may not write.
 */
enableCompileCache()
