import type { Publish } from '#libs/bus/index.ts'
import { carIndexed, type carValid, type DataOf, type Envelope } from '#libs/events/index.ts'
import type { AnnounceCar } from './announce-car.ts'

type Deps = {
  /** Absent without a queue: the event is then only recorded. */
  announceCar: AnnounceCar | undefined
  wasHandled: (eventId: string) => Promise<boolean>
  recordHandled: (eventId: string) => Promise<void>
  publish: Publish
}

/**
 * car.valid → message in the indexer's queue, car.indexed. Safe to repeat: a message that was sent is recorded and
 * not sent again; a crash between the two sends it twice, which the indexer bears.
 */
export const onCarValid =
  ({ announceCar, wasHandled, recordHandled, publish }: Deps) =>
  async ({
    id,
    data: { cid, generation, carCid, car, region },
  }: Envelope<DataOf<typeof carValid>>): Promise<void> => {
    if (announceCar && !(await wasHandled(id))) {
      await announceCar({ ...car, region })
      await recordHandled(id)
    }
    const announced = announceCar !== undefined
    await publish(carIndexed, `${cid}.${generation}.indexed`, { cid, generation, carCid, announced })
  }
