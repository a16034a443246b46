import type { carValid, DataOf, Envelope } from '#libs/events/index.ts'
import type { ContentChanges } from './content-changes.ts'

/** car.valid → contents pinned, with the receipt. Safe to repeat and in any order: the change is guarded by generation and state. */
export const onCarValid =
  ({ pinned }: Pick<ContentChanges, 'pinned'>) =>
  ({ data }: Envelope<DataOf<typeof carValid>>) =>
    pinned(data)
