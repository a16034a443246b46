import { CID } from 'multiformats/cid'
import type { LinkList } from './link-list.ts'

/** Adds every CID inside a decoded IPLD value to `links`, depth first, children in their order. */
export function addCidsOf(value: unknown, links: LinkList): void {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const item = open.pop()
    if (typeof item !== 'object' || item === null || item instanceof Uint8Array) continue
    // Only the class tells a link from a map: a map may have any keys, those that `CID.asCID` looks for too.
    if (item instanceof CID) {
      links.add(item.bytes)
      continue
    }
    const children: unknown[] = Array.isArray(item) ? item : Object.values(item)
    for (let i = children.length - 1; i >= 0; i--) open.push(children[i])
  }
}
