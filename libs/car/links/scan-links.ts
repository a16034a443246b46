import { decode as decodeDagCbor } from '@ipld/dag-cbor'
import { decode as decodeDagJson } from '@ipld/dag-json'
import { DAG_CBOR, DAG_JOSE, DAG_JSON, DAG_PB } from '../codecs.ts'
import { scanDagJose } from './dag-jose.ts'
import { scanDagPb } from './dag-pb.ts'
import { addCidsOf } from './ipld-value.ts'
import type { LinkList } from './link-list.ts'

/**
 * Adds the links of a block to `links`, in traversal order, repeated ones too, and answers how many of its bytes are
 * data: all but for dag-pb, which is the wrapping of other data. Throws any error for a block that is not valid under
 * its codec, with part of the links added. Codecs without links add nothing and check nothing.
 */
export function scanLinks(codec: number, block: Uint8Array, links: LinkList): number {
  switch (codec) {
    case DAG_PB:
      return scanDagPb(block, links)
    case DAG_CBOR:
      addCidsOf(decodeDagCbor(block), links)
      return block.length
    case DAG_JSON:
      addCidsOf(decodeDagJson(block), links)
      return block.length
    case DAG_JOSE:
      scanDagJose(block, links)
      return block.length
    default:
      return block.length
  }
}
