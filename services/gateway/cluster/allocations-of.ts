import type { ClusterPin } from '#libs/db/index.ts'
import { defaultOptions } from './default-options.ts'

/** The peers of a pin: the only one where a number of replicas was asked for, none when the pin is everywhere. */
export const allocationsOf = ({ options }: ClusterPin['pin'], peerId: string): string[] =>
  (options ?? defaultOptions).replicationMax > 0 ? [peerId] : []
