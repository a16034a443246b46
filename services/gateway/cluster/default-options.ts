import type { ClusterOptions } from '#libs/db/index.ts'

/** Of a pin without options. The factors are the defaults of ipfs-cluster: everywhere. */
export const defaultOptions: ClusterOptions = {
  mode: 'recursive',
  replicationMin: -1,
  replicationMax: -1,
  shardSize: 0,
  pinUpdate: null,
}
