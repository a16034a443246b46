import { readFile } from 'node:fs/promises'

/** A request to a real server and its answer. Values of headers are in the order in which they were sent. */
export type RecordedPair = {
  name: string
  request: { method: string; target: string; headers: Record<string, string>; body: string }
  response: {
    status: number
    headers: [name: string, value: string][]
    body: string
    trailers: [name: string, value: string][]
  }
}

/** Reads the recording as `{ pairs }`, in the order of the recording. */
export async function readRecordedPairs(file: string): Promise<RecordedPair[]> {
  return JSON.parse(await readFile(file, 'utf8')).pairs
}

/** The recording with texts replaced everywhere, such as the CIDs of contents that only the recorded server had. */
export function replaceInPairs(
  pairs: RecordedPair[],
  replacements: ReadonlyMap<string, string>,
): RecordedPair[] {
  let json = JSON.stringify(pairs)
  for (const [recorded, ours] of replacements) json = json.replaceAll(recorded, ours)
  return JSON.parse(json)
}
