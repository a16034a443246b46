/** One line of the answer of `POST /add`: `AddedOutput` of ipfs-cluster (api/add.go), in its field order. */
export type AddedOutput = {
  name: string
  /** Null while a file is being read. */
  cid: string | null
  bytes?: number
  size?: number
  allocations?: string[]
}

/** Go leaves out numbers that are 0. */
export const addedOutput = (
  name: string,
  { cid = null, bytes = 0, size = 0, allocations = [] }: Partial<AddedOutput>,
): AddedOutput => ({
  name,
  cid,
  ...(bytes > 0 && { bytes }),
  ...(size > 0 && { size }),
  ...(allocations.length > 0 && { allocations }),
})
