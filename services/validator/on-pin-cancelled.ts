import type { RunningJobs } from '#libs/bus/index.ts'
import type { DataOf, Envelope, pinCancelled } from '#libs/events/index.ts'

/**
 * pin.cancelled → the check of that generation ends, if it runs here. Safe to repeat, in any order, and to miss: whoever
 * claims the job later finds it obsolete, and a heartbeat finds what runs on.
 */
export const onPinCancelled =
  ({ cancel }: Pick<RunningJobs, 'cancel'>) =>
  async ({ data }: Envelope<DataOf<typeof pinCancelled>>): Promise<void> =>
    cancel(data)
