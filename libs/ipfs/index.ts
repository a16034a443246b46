export type { AddedEntry, ImportOptions } from './add-files.ts'
export { judgeOrigin } from './address-policy.ts'
export { connectFileAdder, type FileAdder } from './connect-file-adder.ts'
export { connectKubo, type KuboOptions } from './connect-kubo.ts'
export type {
  Collection,
  ConnectedOrigins,
  DagSource,
  NamedPin,
  NodeIdentity,
  PinProgress,
  RefusedOrigin,
  RepoUsage,
  TimeLimit,
} from './dag-source.ts'
export { addPinName, type PinPurpose, readPinName, transferPinName } from './pin-names.ts'
export { createPathResolver, type ResolvePath } from './resolve-path.ts'
