/**
 * Part buffers of one size, shared by all uploads, never more than `maxBuffers`. They are allocated when first needed
 * and kept, so memory rises to the cap at most and stays there.
 */
export type PartBuffers = {
  /** Joins the uploads that share the buffers, with at most `maxHeld` of them at a time. */
  open(maxHeld: number): BufferShare
  readonly stats: { readonly allocated: number; readonly inUse: number; readonly waiting: number }
}

/** The buffers of one upload. */
export type BufferShare = {
  /** A buffer, if one is free for this upload right now. Its content is undefined. */
  tryTake(): Buffer | undefined
  /** Waits for a buffer; rejects with the reason of `signal`. */
  take(signal: AbortSignal): Promise<Buffer>
  giveBack(buffer: Buffer): void
  /** Leaves. Every buffer must have been given back. */
  close(): void
}

type Member = { held: number; maxHeld: number }
type Waiter = { member: Member; grant: (buffer: Buffer) => void }

/**
 * Fair: one buffer is kept free for every open upload that holds none, and such an upload is served first. So no upload waits for ever
 * while others hold several, and with fewer buffers than uploads each still gets its turn whenever a part is done.
 */
export function createPartBuffers(partBytes: number, maxBuffers: number): PartBuffers {
  const members = new Set<Member>()
  const waiters = new Set<Waiter>()
  const free: Buffer[] = []
  let allocated = 0
  let inUse = 0

  const mayTake = (member: Member): boolean => {
    if (inUse >= maxBuffers || member.held >= member.maxHeld) return false
    if (member.held === 0) return true
    let withoutBuffer = 0
    for (const { held } of members) if (held === 0) withoutBuffer++
    return maxBuffers - inUse > withoutBuffer
  }
  const handOut = (member: Member): Buffer => {
    member.held++
    inUse++
    const buffer = free.pop()
    if (buffer) return buffer
    allocated++
    return Buffer.allocUnsafeSlow(partBytes)
  }
  const nextWaiter = (): Waiter | undefined => {
    const eligible = [...waiters].filter(({ member }) => mayTake(member))
    return eligible.find(({ member }) => member.held === 0) ?? eligible[0]
  }
  const serveWaiters = (): void => {
    for (let waiter = nextWaiter(); waiter; waiter = nextWaiter()) {
      waiters.delete(waiter)
      waiter.grant(handOut(waiter.member))
    }
  }

  const open = (maxHeld: number): BufferShare => {
    const member: Member = { held: 0, maxHeld }
    members.add(member)
    return {
      tryTake: () => (mayTake(member) ? handOut(member) : undefined),
      take: signal =>
        new Promise((resolve, reject) => {
          signal.throwIfAborted()
          const leave = (): void => {
            waiters.delete(waiter)
            reject(signal.reason)
          }
          const grant = (buffer: Buffer): void => {
            signal.removeEventListener('abort', leave)
            resolve(buffer)
          }
          const waiter: Waiter = { member, grant }
          signal.addEventListener('abort', leave, { once: true })
          waiters.add(waiter)
          serveWaiters()
        }),
      giveBack: buffer => {
        member.held--
        inUse--
        free.push(buffer)
        serveWaiters()
      },
      close: () => {
        members.delete(member)
        serveWaiters()
      },
    }
  }
  return {
    open,
    get stats() {
      return { allocated, inUse, waiting: waiters.size }
    },
  }
}
