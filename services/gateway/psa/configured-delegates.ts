import { ConfigError } from '#libs/config/index.ts'
import { judgeOrigin } from '#libs/ipfs/index.ts'

/** The addresses of `CLUSTER_IPFS_ADDR`, divided by commas. Throws `ConfigError` that names one which is no delegate. */
export function readConfiguredDelegates(setting: string | undefined): string[] {
  const addresses = (setting ?? '').split(',').map(address => address.trim())
  const given = addresses.filter(address => address !== '')
  for (const address of given) {
    const judged = judgeOrigin(address, { allowPrivate: true, ownPeerId: '' })
    if ('reason' in judged)
      throw new ConfigError(`bad settings: CLUSTER_IPFS_ADDR: ${address}: ${judged.reason}`)
  }
  if (given.length > 20) throw new ConfigError('bad settings: CLUSTER_IPFS_ADDR has more than 20 addresses')
  return given
}
