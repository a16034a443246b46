import type { ObjectRef, ReadLink } from '#libs/storage/index.ts'
import { carType } from './open-car.ts'
import type { PinReceipt } from './pin-receipt.ts'

/** How links into the store are made. */
export type Linking = {
  presignRead: (ref: ObjectRef, link: ReadLink) => Promise<string>
  linkValidForMs: number
}

/** A link to the CAR of a pin that needs no token, and saves it under the name of its root. */
export const linkToCar = ({ bucket, key, root }: PinReceipt, { presignRead, linkValidForMs }: Linking) =>
  presignRead({ bucket, key }, { validForMs: linkValidForMs, contentType: carType, fileName: `${root}.car` })
