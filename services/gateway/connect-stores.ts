import { storageOptions } from '#libs/config/index.ts'
import type { HttpServer } from '#libs/http/index.ts'
import { connectStorage, type Storage } from '#libs/storage/index.ts'
import type { Logger } from '#libs/telemetry/index.ts'
import type { GatewayConfig } from './config.ts'

/** One store: as the gateway reaches it, and as clients do, for whom links are made. */
export type Stores = { inside: Storage; outside: Storage }

/** Connected on demand, and closed with the server. */
export function connectStores(server: HttpServer, config: GatewayConfig, log: Logger): Stores {
  const resources = new AsyncDisposableStack()
  const options = { ...storageOptions(config), log }
  const inside = resources.use(connectStorage(options))
  const endpoint = config.S3_PUBLIC_ENDPOINT_URL
  const outside = endpoint ? resources.use(connectStorage({ ...options, endpoint })) : inside
  server.addHook('onClose', () => resources.disposeAsync())
  return { inside, outside }
}
