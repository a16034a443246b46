import type { ContentChanges } from '#libs/db/index.ts'
import type { DataOf, Envelope, pinFailed } from '#libs/events/index.ts'

/** pin.failed → contents failed. Safe to repeat and in any order: the change is guarded by generation and state. */
export const onPinFailed =
  ({ failed }: Pick<ContentChanges, 'failed'>) =>
  ({ data }: Envelope<DataOf<typeof pinFailed>>) =>
    failed(data)
