/** Probe of an HTTP server on loopback: resolves at a 2xx answer, rejects at any other. */
export async function expectOk(url: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(2_000) })
  if (response.ok) return response
  await response.body?.cancel()
  throw new Error(`${url} answered ${response.status}`)
}
