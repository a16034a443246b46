import type { ServerResponse } from 'node:http'
import { HttpError } from '#libs/http/index.ts'

/** When an upload has to end before its end. Time between `suspend` and the next `progress` does not count. */
export type UploadWatch = Disposable & {
  /** Aborted with an `HttpError` once nothing moved for the whole timeout, the client is gone, or the server stops. */
  signal: AbortSignal
  progress: () => void
  suspend: () => void
}

/** Counts from the last progress, never from the start: an upload may take any time as long as it moves. */
export function watchUpload(
  response: ServerResponse,
  { stallTimeoutMs, stopping }: { stallTimeoutMs: number; stopping: AbortSignal },
): UploadWatch {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const suspend = () => clearTimeout(timer)
  const progress = () => {
    suspend()
    const stalled = new HttpError(408, `the upload stalled: nothing came for ${stallTimeoutMs} ms`)
    timer = setTimeout(() => controller.abort(stalled), stallTimeoutMs)
  }
  const onClose = () => {
    if (!response.writableFinished) controller.abort(new HttpError(400, 'the client went away'))
  }
  const onStopping = () => controller.abort(stopping.reason)
  stopping.addEventListener('abort', onStopping, { once: true })
  response.once('close', onClose)
  progress()
  return {
    signal: controller.signal,
    progress,
    suspend,
    [Symbol.dispose]() {
      suspend()
      stopping.removeEventListener('abort', onStopping)
      response.off('close', onClose)
    },
  }
}
