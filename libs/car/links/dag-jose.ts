import { decode } from '@ipld/dag-cbor'
import { addCidsOf } from './ipld-value.ts'
import type { LinkList } from './link-list.ts'

/**
 * Adds the links of a dag-jose block to `links`. The block is dag-cbor, and the `payload` of a JWS is the
 * bytes of a CID (ipld.io/specs/codecs/dag-jose/spec), which Kubo's decoder shows as a field `link` and its
 * exporter follows.
 */
export function scanDagJose(block: Uint8Array, links: LinkList): void {
  const value = decode<unknown>(block)
  if (typeof value !== 'object' || value === null) throw new Error('dag-jose: not a map')
  if ('payload' in value) {
    if (!(value.payload instanceof Uint8Array)) throw new Error('dag-jose: the payload is no byte string')
    links.add(value.payload)
  } else if (!('ciphertext' in value)) {
    throw new Error('dag-jose: neither a JWS nor a JWE')
  }
  addCidsOf(value, links)
}
