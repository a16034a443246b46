export { connectKubo, type KuboOptions } from './connect-kubo.ts'
export type {
  ConnectedOrigins,
  DagSource,
  NodeIdentity,
  PinProgress,
  RefusedOrigin,
  TimeLimit,
} from './dag-source.ts'
