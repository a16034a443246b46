import { Agent, type BodyInit, FormData, fetch, type Response } from 'undici'
import { DemoError } from './demo-error.ts'

/** Imports of large DAGs answer after many minutes. */
const patient = new Agent({ headersTimeout: 0, bodyTimeout: 0 })

/** `parameters` are the query, such as `arg=CID`. */
export type KuboCall = {
  signal: AbortSignal
  parameters?: readonly (readonly [name: string, value: string])[]
  body?: BodyInit
  contentType?: string
}

/** Calls a command of a Kubo node (docs.ipfs.tech/reference/kubo/rpc). Throws {@link DemoError} with Kubo's reason. */
async function call(apiUrl: string, command: string, options: KuboCall): Promise<Response> {
  const { signal, parameters = [], body, contentType } = options
  const { origin, username, password } = new URL(apiUrl)
  const credentials = Buffer.from(`${username}:${password}`).toString('base64')
  const query = new URLSearchParams(parameters.map(([name, value]): [string, string] => [name, value]))
  const response = await fetch(`${origin}/api/v0/${command}?${query.toString()}`, {
    method: 'POST',
    dispatcher: patient,
    signal,
    headers: {
      authorization: `Basic ${credentials}`,
      ...(contentType && { 'content-type': contentType }),
    },
    ...(body !== undefined && { body, duplex: 'half' }),
  })
  if (!response.ok) throw new DemoError(`Kubo refused ${command}: ${(await response.text()).trim()}`)
  return response
}

/** The answer of a command: one JSON value per line. */
export async function callKubo<T>(apiUrl: string, command: string, options: KuboCall): Promise<T[]> {
  const text = await (await call(apiUrl, command, options)).text()
  return text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

/** The bytes of a UnixFS file. */
export async function* readFileFromKubo(
  apiUrl: string,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { body } = await call(apiUrl, 'cat', { signal, parameters: [['arg', path]] })
  if (body) yield* body
}

/** A form with one file, sent as it is read. */
export function formOf(file: Blob): FormData {
  const form = new FormData()
  form.set('file', file)
  return form
}

/** What `dag/stat` counts below a root: each block once. */
export type DagSize = { blocks: number; bytes: number }

/** Walks the whole DAG. An offline node that lacks a block refuses. */
export async function readDagSize(apiUrl: string, cid: string, signal: AbortSignal): Promise<DagSize> {
  const [answer] = await callKubo<{ UniqueBlocks: number; TotalSize: number }>(apiUrl, 'dag/stat', {
    signal,
    parameters: [
      ['arg', cid],
      ['progress', 'false'],
    ],
  })
  if (!answer) throw new DemoError(`dag/stat of ${cid} gave nothing`)
  return { blocks: answer.UniqueBlocks, bytes: answer.TotalSize }
}
