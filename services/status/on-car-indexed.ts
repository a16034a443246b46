import type { ContentChanges } from '#libs/db/index.ts'
import type { carIndexed, DataOf, Envelope } from '#libs/events/index.ts'

/** car.indexed → the time in contents. Safe to repeat and in any order: the event carries its own time. */
export const onCarIndexed =
  ({ indexed }: Pick<ContentChanges, 'indexed'>) =>
  ({ data, at }: Envelope<DataOf<typeof carIndexed>>) =>
    indexed(data, new Date(at))
