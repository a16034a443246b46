export { createServer, HttpError, type HttpServer } from './create-server.ts'
export { addHealthRoutes, type ReadinessChecks, startHealthServer } from './health.ts'
