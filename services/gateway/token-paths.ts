import { routedPath } from '#libs/http/index.ts'

/** Where the Pinning Service API is mounted. ipfs-cluster has the same paths with other shapes. */
export const pinningServicePath = '/psa'

/** Where the routes of operators are mounted. */
export const operatorPath = '/operator'

/** Whether the target of a request is a matter of the APIs that take tokens of accounts, whether there is such a route or not. */
export const isOfTokenApi = (target: string | undefined): boolean =>
  target !== undefined && isPathOfTokenApi(routedPath(target))

/** The same of a path, such as that of a route. */
export const isPathOfTokenApi = (path: string): boolean => /^\/(psa|operator)(?=\/|$)/.test(path)
