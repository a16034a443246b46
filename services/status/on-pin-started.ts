import type { ContentChanges } from '#libs/db/index.ts'
import type { DataOf, Envelope, pinStarted } from '#libs/events/index.ts'

/** pin.started → contents pinning. Safe to repeat and in any order: the change is guarded by generation and state. */
export const onPinStarted =
  ({ started }: Pick<ContentChanges, 'started'>) =>
  ({ data }: Envelope<DataOf<typeof pinStarted>>) =>
    started(data)
