import type { FileAdder } from '#libs/ipfs/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { AddParams } from './add-params.ts'
import type { KeepCar } from './keep-car.ts'
import type { StageCar } from './stage-car.ts'
import type { UploadWatch } from './upload-watch.ts'

/** What every way to add needs. */
export type AddDeps = {
  /** Undefined where no IPFS node is set. */
  fileAdder: FileAdder | undefined
  stageCar: StageCar
  keepCar: KeepCar
  newRequestId: () => string
  /** The one peer, to which everything is allocated. */
  peerId: string
  log: Logger
}

/** A request whose head is checked, with its multipart body still to be read. */
export type AddRequest = {
  params: AddParams
  body: AsyncIterable<Uint8Array>
  boundary: string
  watch: UploadWatch
}
