import { HttpError } from '#libs/http/index.ts'

/** 404 in the words of ipfs-cluster (state/interface.go, `ErrNotFound`), which clients compare. */
export const notPinned = (): HttpError => new HttpError(404, 'pin is not part of the pinset')
