import { routedPath } from '#libs/http/index.ts'

/** Where the Pinning Service API is mounted. ipfs-cluster has the same paths with other shapes. */
export const pinningServicePath = '/psa'

/** Whether the target of a request is a matter of the Pinning Service API, whether there is such a route or not. */
export const isOfPinningService = (target: string | undefined): boolean =>
  target !== undefined && isPathOfPinningService(routedPath(target))

/** The same of a path, such as that of a route. */
export const isPathOfPinningService = (path: string): boolean => /^\/psa(?=\/|$)/.test(path)
