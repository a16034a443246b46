import { createHash } from 'node:crypto'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'

/** A CID of a raw block that holds `text`. */
export const cidOf = (text: string): string => CID.createV1(0x55, create(0x12, sha256(text))).toString()

/** A CIDv0, and the canonical form of the same. */
export const v0 = 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'
export const v1 = 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354'

export const peerId = '12D3KooWJG6MNNsYc3ps2tzonT6TYAFUVJcw7Yvae1qdsG1vQ2TY'
export const otherPeerId = '12D3KooWLBUBE8VdatCvBMJsW1W5hgWz6MbH1wFDTKuUsSGDpUxk'

const sha256 = (text: string) => createHash('sha256').update(text).digest()
