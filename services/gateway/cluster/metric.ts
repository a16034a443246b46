import type { LiveNode } from '#libs/bus/index.ts'

/** `Metric` of ipfs-cluster (api/types.go), in its field order. Times are in nanoseconds since 1970. */
export type Metric = {
  name: string
  peer: string
  value: string
  expire: number
  valid: boolean
  weight: number
  partitionable: boolean
  received_at: number
}

type Measured = {
  name: string
  peer: string
  value: string
  weight?: number
  receivedAt: Date
  expiresAt: Date
}

/** A valid metric. */
export const metric = ({ name, peer, value, weight = 0, receivedAt, expiresAt }: Measured): Metric => ({
  name,
  peer,
  value,
  expire: nanoseconds(expiresAt),
  valid: true,
  weight,
  partitionable: false,
  received_at: nanoseconds(receivedAt),
})

/** Beyond 2^53, but written with the digits of the milliseconds and zeros, so that a 64 bit reader loses nothing. */
const nanoseconds = (time: Date) => time.getTime() * 1_000_000

/** What the repository of a node still has room for, in bytes. */
export const freeBytes = ({ repoBytes, repoLimitBytes }: LiveNode) => Math.max(0, repoLimitBytes - repoBytes)
