import { decode as decodeDagCbor } from '@ipld/dag-cbor'
import { decode as decodeDagJson } from '@ipld/dag-json'
import { DAG_CBOR, DAG_JOSE, DAG_JSON, DAG_PB } from '../codecs.ts'
import { scanDagJose } from './dag-jose.ts'
import { scanDagPb } from './dag-pb.ts'
import { addCidsOf } from './ipld-value.ts'
import type { LinkList } from './link-list.ts'

/**
 * Adds the links of a block to `links`, in traversal order, repeated ones too. Throws any error for a block
 * that is not valid under its codec, with part of the links added. Codecs without links add nothing and check
 * nothing.
 */
export function scanLinks(codec: number, block: Uint8Array, links: LinkList): void {
  switch (codec) {
    case DAG_PB:
      return scanDagPb(block, links)
    case DAG_CBOR:
      return addCidsOf(decodeDagCbor(block), links)
    case DAG_JSON:
      return addCidsOf(decodeDagJson(block), links)
    case DAG_JOSE:
      return scanDagJose(block, links)
    default:
      return
  }
}
