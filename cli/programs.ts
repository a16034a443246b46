/**
 * Programs of an operator. Each reads a command line of its own and works on the backends, not over HTTP; loaded, it
 * runs with the arguments of the process.
 */
export const programs = [
  { name: 'up', summary: 'run all of Pickup on this machine', run: () => import('#deploy/local/start.ts') },
  {
    name: 'token',
    summary: 'make, list and revoke tokens; limit accounts',
    run: () => import('#deploy/token.ts'),
  },
  {
    name: 'dlq',
    summary: 'list, show, replay and discard dead letters',
    run: () => import('#deploy/dlq.ts'),
  },
  {
    name: 'doctor',
    summary: 'find and repair what the stores do not agree on',
    run: () => import('#deploy/doctor.ts'),
  },
  { name: 'bench', summary: 'measure it, in a checkout', run: () => import('#deploy/bench.ts') },
] as const
