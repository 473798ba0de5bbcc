import { wireSignOuts } from '../lib/app/signOuts.ts';
import { worker } from '../lib/http/worker.ts';

/**
 * Signs people out of every application: ends what rests on their sign-ins, and sends each client with
 * a back-channel logout address its logout token. `callback`, `personChanges`, `openid`, `openidToken`
 * and the command `sessions` invoke it asynchronously; no route does.
 */
export function createHandler(environment: NodeJS.ProcessEnv) {
  const { signOut } = wireSignOuts(environment);
  return worker(
    {
      name: 'signOuts',
      environment,
      done: 'Sign-outs done',
      failed: 'Not every application was told of a sign-out',
    },
    async (event, invocation) => ({ ...(await signOut(event, invocation)) }),
  );
}

export const handler = createHandler(process.env);
