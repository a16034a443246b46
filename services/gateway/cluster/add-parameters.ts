import { Type } from 'typebox'
import { pinOptionParameters } from './pin-option-parameters.ts'

const flag = (description: string) => Type.Boolean({ description })

const { 'pin-update': _ignored, ...pinOptions } = pinOptionParameters

/** The query of `POST /add`, for the document: `AddParams` of ipfs-cluster (api/add.go). */
export const addParameters = {
  ...pinOptions,
  format: Type.Enum(['unixfs', 'car'], {
    description: 'What the body holds: files, or one CAR; by default files',
  }),
  'no-pin': flag('Makes DAGs and forgets them: tells the CIDs. Not for a CAR'),
  'stream-channels': Type.Boolean({
    default: true,
    description: 'Objects as they come, not one array at the end',
  }),
  'wrap-with-directory': flag('Puts everything into one directory, which is the root'),
  layout: Type.Enum(['balanced', 'trickle']),
  chunker: Type.String({ default: 'size-262144', description: '`size-N`, `rabin-MIN-AVG-MAX` or `buzhash`' }),
  'raw-leaves': flag('By default with `cid-version=1` only'),
  'cid-version': Type.Enum([0, 1]),
  hash: Type.String({ default: 'sha2-256', description: 'Name of go-multihash' }),
  progress: flag('Tells how much of each file was read'),
  local: flag('Accepted without effect: there is one peer'),
  recursive: flag('Accepted without effect: the client chooses what it sends'),
  hidden: flag('Accepted without effect: the client chooses what it sends'),
  shard: flag('Refused when true: a DAG is one CAR here'),
  nocopy: flag('Refused when true: what is added is always stored'),
}
