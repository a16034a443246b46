/** A pin as the Pinning Service API of Pickup shows it (`PinStatus` of the specification, version 1.0.0). */
export type PinStatus = {
  requestid: string
  status: 'queued' | 'pinning' | 'pinned' | 'failed'
  created: string
  pin: { cid: string; name?: string; origins?: string[]; meta?: Record<string, string> }
  delegates: string[]
  /** Texts. Which there are depends on the state; the README lists them. */
  info: Record<string, string>
}

/** What a pin is asked for with. */
export type PinRequest = PinStatus['pin']

/** Whether nothing more will happen to it by itself. */
export const isFinal = ({ status }: PinStatus): boolean => status === 'pinned' || status === 'failed'
