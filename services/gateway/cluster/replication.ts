import { HttpError } from '#libs/http/index.ts'

/** How many peers shall hold a pin; 0 for "not given", -1 for all. */
export type Replication = { min: number; max: number }

const everywhere = -1
const maxFactor = 2 ** 31 - 1

/** `replication` stands for both and goes before them. Throws `HttpError` 400 for what is no integer. */
export function readReplication(query: URLSearchParams): Replication {
  const both = query.get('replication') || undefined
  const factorOf = (option: string) => readFactor(option, both ?? query.get(option) ?? '')
  return { min: factorOf('replication-min'), max: factorOf('replication-max') }
}

function readFactor(option: string, text: string): number {
  const factor = Number(text)
  if (!/^(?:[+-]?\d+)?$/.test(text) || Math.abs(factor) > maxFactor)
    throw new HttpError(400, `parameter ${option} invalid`)
  return factor
}

/**
 * The factors with the defaults of ipfs-cluster in the place of 0. Throws `HttpError` 400 with its texts when they break
 * its rules (cluster_config.go, `isReplicationFactorValid`); ipfs-cluster answers 500 with them.
 */
export function settleReplication({ min: givenMin, max: givenMax }: Replication): Replication {
  const [min, max] = [givenMin || everywhere, givenMax || everywhere]
  const broken =
    min > max
      ? 'is larger than max'
      : min < everywhere
        ? 'is wrong'
        : min === everywhere && max !== everywhere
          ? 'and max must be -1 when one of them is'
          : undefined
  if (broken) throw new HttpError(400, `cluster.replication_factor_min ${broken}`)
  return { min, max }
}
