import type { RunningKubo } from '#deploy/local/kubo.ts'

type Node = Pick<RunningKubo, 'apiUrl'>

/** One call of a node's RPC API. Throws with the node's text when it refuses. */
export async function rpc(node: Node, command: string, body?: FormData): Promise<string> {
  const url = new URL(node.apiUrl)
  const credentials = Buffer.from(`${url.username}:${url.password}`).toString('base64')
  const response = await fetch(`${url.origin}/api/v0/${command}`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    ...(body ? { body } : {}),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${command} answered ${response.status}: ${text}`)
  return text
}

const formOf = (bytes: Uint8Array) => {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(bytes)]))
  return form
}

/** Adds bytes as a UnixFS file; `options` are those of `add`. Returns the CID. */
export async function addBytes(node: Node, bytes: Uint8Array, options = 'cid-version=1'): Promise<string> {
  return JSON.parse(await rpc(node, `add?${options}`, formOf(bytes))).Hash
}
