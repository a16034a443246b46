import { hash, randomBytes } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import type { RunningKubo } from '#deploy/local/kubo.ts'
import { buildCar, type TestDag } from '#libs/car/testing/build-car.ts'

type Node = Pick<RunningKubo, 'apiUrl'>

async function call(node: Node, command: string, body?: FormData): Promise<Response> {
  const url = new URL(node.apiUrl)
  const credentials = Buffer.from(`${url.username}:${url.password}`).toString('base64')
  const response = await fetch(`${url.origin}/api/v0/${command}`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    ...(body ? { body } : {}),
  })
  if (!response.ok) throw new Error(`${command} answered ${response.status}: ${await response.text()}`)
  return response
}

/** One call of a node's RPC API. Throws with the node's text when it refuses. */
export async function rpc(node: Node, command: string, body?: FormData): Promise<string> {
  return (await call(node, command, body)).text()
}

const formOf = (bytes: Uint8Array) => {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(bytes)]))
  return form
}

const linesOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

/** Adds bytes as a UnixFS file; `options` are those of `add`. Returns the CID. */
export async function addBytes(node: Node, bytes: Uint8Array, options = 'cid-version=1'): Promise<string> {
  return JSON.parse(await rpc(node, `add?${options}`, formOf(bytes))).Hash
}

/** A CID that nobody has. */
export const deadCid = (): string =>
  CID.createV1(0x55, create(0x12, hash('sha256', randomBytes(32), 'buffer'))).toString()

/** Adds a UnixFS directory of files with these contents; `options` are those of `add`. Returns its CID. */
export async function addDirectory(
  node: Node,
  files: readonly (string | Uint8Array<ArrayBuffer>)[],
  options = 'cid-version=1',
): Promise<string> {
  const form = new FormData()
  for (const [i, content] of files.entries()) form.append('file', new Blob([content]), `entry-${i}`)
  const lines = linesOf(await rpc(node, `add?${options}&wrap-with-directory=true&pin=false`, form))
  return lines.find(({ Name }) => Name === '').Hash
}

/** Gives blocks to a node as they are, complete or not. Returns the CID of the root. */
export async function addBlocks(node: Node, dag: TestDag): Promise<string> {
  await rpc(node, 'dag/import?pin-roots=false', formOf(buildCar(dag)))
  return dag.root.toString()
}

/** Imports a CAR and pins its roots. Throws when the node lacks a block of their DAGs. Returns the roots. */
export async function importCar(node: Node, car: Uint8Array): Promise<string[]> {
  const roots = linesOf(await rpc(node, 'dag/import?pin-roots=true', formOf(car))).map(({ Root }) => Root)
  const refused = roots.find(({ PinErrorMsg }) => PinErrorMsg !== '')
  if (refused) throw new Error(`the node did not pin ${refused.Cid['/']}: ${refused.PinErrorMsg}`)
  return roots.map(({ Cid }) => Cid['/'])
}

/** The DAG as a CAR by `dag/export`. A node that lacks a block gives a shorter CAR and no error. */
export async function exportCar(node: Node, cid: string): Promise<Uint8Array> {
  return new Uint8Array(await (await call(node, `dag/export?arg=${cid}&progress=false`)).arrayBuffer())
}

/** CIDs that a node pins recursively. */
export async function pinsOf(node: Node): Promise<string[]> {
  return Object.keys(JSON.parse(await rpc(node, 'pin/ls?type=recursive')).Keys)
}
