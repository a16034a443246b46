import type { LeasedStep, Publish } from '#libs/bus/index.ts'
import { type Lease, LeaseLostError, type Leases } from '#libs/db/index.ts'
import { carUploaded, type DataOf, type Envelope, pinFailed, pinRequested } from '#libs/events/index.ts'
import type { ObjectRef } from '#libs/storage/index.ts'
import type { FetchContent, StagedCar } from './fetch-content.ts'

type Request = DataOf<typeof pinRequested>

type Deps = {
  leases: Leases
  publish: Publish
  acceptFromProducer: (event: Envelope<Request>) => Promise<void>
  fetchContent: FetchContent
  removeStaged: (staging: ObjectRef) => Promise<void>
  /** Removes everything of this generation from staging. */
  removeLeftovers: (of: { cid: string; generation: number }) => Promise<void>
}

/**
 * pin.requested → pin.started, car.uploaded | pin.failed. Safe to repeat: the lease admits one worker at a time, the
 * stored result admits one transfer per generation, and what follows is published under ids made of the generation.
 */
export function onPinRequested({
  leases,
  publish,
  acceptFromProducer,
  fetchContent,
  removeStaged,
  removeLeftovers,
}: Deps): LeasedStep<Request, Lease, StagedCar> {
  return {
    event: pinRequested,
    async claim(event) {
      const { cid, generation } = event.data
      if (generation === undefined) {
        await acceptFromProducer(event)
        return { kind: 'obsolete' }
      }
      const claimed = await leases.claim({ cid, generation, step: 'fetch' })
      // Nobody will fetch it any more: a worker may have died before it could clean up.
      if (claimed.kind === 'obsolete') await removeLeftovers({ cid, generation })
      return claimed
    },
    run: ({ data: { cid, origins = [] } }, context) =>
      fetchContent({ cid, generation: context.lease.generation, origins }, context),
    async finish({ data: { cid, generation } }, staged) {
      if (generation === undefined) return
      await publish(carUploaded, `${cid}.${generation}.uploaded`, { cid, generation, ...staged })
    },
    async abandon({ data: { cid, generation } }) {
      if (generation !== undefined) await removeLeftovers({ cid, generation })
    },
    async giveUp({ data: { cid, generation } }, { code, message, missingCids }) {
      if (generation === undefined) return
      const failed = { cid, generation, step: 'fetch' as const, code, message, missingCids: [...missingCids] }
      await publish(pinFailed, `${cid}.${generation}.failed`, failed)
    },
    renew: leases.renew,
    async complete(lease, staged) {
      try {
        await leases.complete(lease, staged)
      } catch (error) {
        // The worker that has the job now cleaned up before this came, and nobody will look for it again.
        if (error instanceof LeaseLostError) await removeStaged(staged.staging)
        throw error
      }
    },
    fail: leases.fail,
    release: leases.release,
    postpone: leases.postpone,
  }
}
