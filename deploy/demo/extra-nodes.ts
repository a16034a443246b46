import { join } from 'node:path'
import type { Logger } from '#libs/telemetry/index.ts'
import { findServers } from '../local/find-servers.ts'
import { type RunningKubo, startKubo } from '../local/kubo.ts'
import { createSupervisor } from '../local/supervisor.ts'
import { callKubo } from './kubo-rpc.ts'
import type { PickupAccess } from './open-pickup.ts'

/** Starts IPFS nodes beside that of Pickup. Disposing stops them. */
export type ExtraNodes = AsyncDisposable & {
  start(name: string, options: { offline: boolean }): Promise<RunningKubo>
}

/** `folder` gets their repositories. */
export async function createExtraNodes(
  folder: string,
  log: Logger,
  signal: AbortSignal,
): Promise<ExtraNodes> {
  const { kubo: binary } = await findServers(log, signal)
  const supervisor = createSupervisor(log, signal)
  return {
    start: (name, { offline }) =>
      startKubo(supervisor, { dataDir: join(folder, name), binary, isolated: true, name, offline }),
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  }
}

/**
 * Connects a node to that of Pickup, from its own side: a Pickup on the public network refuses to dial loopback
 * addresses for its clients. Peering renews the connection when the other node drops it.
 */
export async function connectToPickup(
  node: RunningKubo,
  { kuboMultiaddrs }: PickupAccess,
  signal: AbortSignal,
): Promise<void> {
  const loopback = kuboMultiaddrs.filter(address => address.startsWith('/ip4/127.0.0.1/'))
  const parameters = loopback.map(address => ['arg', address] as const)
  for (const command of ['swarm/peering/add', 'swarm/connect'])
    await callKubo(node.apiUrl, command, { signal, parameters })
}
