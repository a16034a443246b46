import type { ContentChanges } from '#libs/db/index.ts'
import type { carValid, DataOf, Envelope } from '#libs/events/index.ts'

/** car.valid → contents pinned, with the receipt. Safe to repeat and in any order: the change is guarded by generation and state. */
export const onCarValid =
  ({ pinned }: Pick<ContentChanges, 'pinned'>) =>
  ({ data }: Envelope<DataOf<typeof carValid>>) =>
    pinned(data)
