import { createLogger } from '#libs/telemetry/index.ts'

import { connectKubo, type KuboOptions } from '../connect-kubo.ts'
import type { KuboNode } from './kubo-node.ts'

/** The source under test over a node of the test. Private origins are allowed: all nodes are on loopback. */
export function connectNode(
  { apiUrl, gatewayUrl }: Pick<KuboNode, 'apiUrl' | 'gatewayUrl'>,
  options: Partial<KuboOptions> = {},
) {
  const log = createLogger('test', 'silent')
  return connectKubo({ apiUrl, gatewayUrl, allowPrivateOrigins: true, log, ...options })
}

/** A limit that a test does not expect to reach, and a signal that never aborts. */
export const enoughTime = () => ({ timeoutMs: 20_000, signal: new AbortController().signal })
