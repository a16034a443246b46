import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { readKept, writePrivateFile } from './private-file.ts'
import { StackError } from './stack-error.ts'

// Below the ports that Linux (32768) and macOS (49152) give to outgoing connections: such a connection can
// then never hold the port of a server that is about to be restarted.
const LOWEST_PORT = 12_000
const HIGHEST_PORT = 32_000
const TRIES = 100

// A port that was found free is bound a moment later. Processes that start servers at the same time, as tests do, look in
// different slices, so that none takes what another has just found; nor does a process find one twice.
const PORTS_PER_PROCESS = 400
const found = new Set<number>()
const SLICES = (HIGHEST_PORT - LOWEST_PORT) / PORTS_PER_PROCESS
const lowestOfProcess = LOWEST_PORT + (process.pid % SLICES) * PORTS_PER_PROCESS

/** True when a server could listen on this loopback port now. */
async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)))
  return promise
}

/** Gives back the port that a person asked for. Throws {@link StackError} when somebody listens on it. */
export async function requireFreePort(port: number): Promise<number> {
  if (await isFree(port)) return port
  throw new StackError(`port ${port} on 127.0.0.1 is taken: choose another with --port`)
}

/** A loopback port that nobody listens on, and that this process was not given before. */
async function findFreePort(): Promise<number> {
  for (let i = 0; i < TRIES; i++) {
    const port = lowestOfProcess + randomInt(PORTS_PER_PROCESS)
    if (found.has(port)) continue
    found.add(port)
    if (await isFree(port)) return port
  }
  throw new StackError(
    `found no free port on 127.0.0.1 from ${lowestOfProcess} to ${lowestOfProcess + PORTS_PER_PROCESS - 1}`,
  )
}

/** Loopback ports by name, kept in `file` and the same at each start; one that is taken by then is chosen anew. */
export async function keepPorts<N extends string>(
  file: string,
  names: readonly N[],
): Promise<Record<N, number>> {
  const kept = (await readKept<{ [name: string]: number | undefined }>(file)) ?? {}
  for (const port of Object.values(kept)) if (port !== undefined) found.add(port)
  const ports: [N, number][] = []
  for (const name of names) {
    const wanted = kept[name]
    const port = wanted !== undefined && (await isFree(wanted)) ? wanted : await findFreePort()
    ports.push([name, port])
  }
  const chosen = Object.fromEntries(ports) as Record<N, number>
  if (names.some(name => kept[name] !== chosen[name]))
    await writePrivateFile(file, `${JSON.stringify(chosen)}\n`)
  return chosen
}
