import { wirePersonChanges } from '../lib/app/personChanges.ts';
import { worker } from '../lib/http/worker.ts';

/**
 * Suspends and moves the grants of members who were deleted, created or renamed in WeCom's directory.
 * `callback` invokes it asynchronously; no route does. The members are refused until the work is done.
 */
export function createHandler(environment: NodeJS.ProcessEnv) {
  const { settle } = wirePersonChanges(environment);
  return worker(
    {
      name: 'personChanges',
      environment,
      done: 'Grants settled',
      failed: 'The grants were not settled',
    },
    async (event, invocation) => ({ ...(await settle(event, invocation)) }),
  );
}

export const handler = createHandler(process.env);
