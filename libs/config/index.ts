export { ConfigError, readConfig } from './read-config.ts'
export {
  carLimits,
  carSettings,
  carStoreOptions,
  carStoreSettings,
  databaseSettings,
  deliverySettings,
  healthSettings,
  jobSettings,
  natsSettings,
  outboxSettings,
  serviceSettings,
  storageOptions,
  storageSettings,
  workerSettings,
} from './settings.ts'
