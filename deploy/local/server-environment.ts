const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TZ', 'GOGC', 'GOMEMLIMIT', 'GOMAXPROCS']

/** Environment of a server: nothing of the caller's that could change its settings (`PG…`, `VGW_…`, `IPFS_…`). */
export function serverEnvironment(own: Record<string, string> = {}): NodeJS.ProcessEnv {
  const passedOn = PASSED_ON.flatMap(name => (process.env[name] ? [[name, process.env[name]]] : []))
  return { ...Object.fromEntries(passedOn), ...own }
}
