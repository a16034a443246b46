import type { Delivery, Publish } from '#libs/bus/index.ts'
import { carsNotBridged, type Database, markToldAgain } from '#libs/db/index.ts'
import { carValid, type DataOf } from '#libs/events/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import { handleAll, type Pass } from './repeat-pass.ts'

type Deps = {
  db: Database
  readDeliveries: () => Promise<{ 'indexer-bridge': Delivery }>
  publish: Publish
  quietMs: number
  log: Logger
}

const batchCars = 100

/**
 * Tells the indexer bridge again of proven CARs that it has not reported and whose event is gone. Under the id of the
 * first time: a message that the bridge has sent to the indexer already is not sent twice.
 */
export const createReconcileIndexer =
  ({ db, readDeliveries, publish, quietMs, log }: Deps): Pass =>
  async () => {
    const { 'indexer-bridge': delivery } = await readDeliveries()
    const cars = await carsNotBridged<DataOf<typeof carValid>>(db, { delivery, quietMs, limit: batchCars })
    if (cars.length === 0) return false
    await handleAll(cars, ({ cid, generation, valid }) =>
      publish(carValid, `${cid}.${generation}.valid`, valid),
    )
    await markToldAgain(
      db,
      cars.map(({ cid }) => cid),
    )
    log.warn({ cars: cars.length }, 'the indexer bridge is told again of CARs that it has not reported')
    return cars.length === batchCars
  }
