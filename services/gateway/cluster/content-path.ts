import { posix } from 'node:path'
import { HttpError } from '#libs/http/index.ts'
import { type RequestedCid, readCidOf } from './read-cid.ts'

/** A checked content path, cleaned. `root` is set when the path is nothing but an immutable root. */
export type ContentPath = { path: string; root: RequestedCid | undefined }

/**
 * Reads `/{namespace}/{rest}` by the rules of ipfs-cluster (boxo path/path.go, `NewPath`): empty and `.` parts go, `..`
 * takes away the part before it, and below `ipfs` and `ipld` there has to be a CID. Throws `HttpError` 400.
 */
export function readContentPath(namespace: string, rest: string): ContentPath {
  const given = `/${namespace}/${rest.replace(/\/$/, '')}`
  const what = `error parsing path: invalid path ${JSON.stringify(given)}`
  const [, top = '', root = '', ...below] = posix.normalize(`${given}/`).slice(0, -1).split('/')
  if (root === '') throw new HttpError(400, `${what}: path does not have enough components`)
  const path = ['', top, root, ...below].join('/')
  switch (top) {
    case 'ipfs':
    case 'ipld': {
      const cid = readCidOf(root, what)
      return { path, root: below.length === 0 ? cid : undefined }
    }
    case 'ipns':
      return { path, root: undefined }
    default:
      throw new HttpError(400, `${what}: unknown namespace: ${JSON.stringify(top)}`)
  }
}
