import packageJson from '../../../package.json' with { type: 'json' }

/**
 * The version of ipfs-cluster whose API this is, and our own as build metadata: clients that compare versions
 * (semver 2.0.0, section 10) see the first.
 */
export const clusterVersion = `1.1.6+pickup.${packageJson.version}`
