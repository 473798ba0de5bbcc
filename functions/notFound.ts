import { MethodNotAllowed, NotFound } from '../lib/errors.ts';
import { preflight } from '../lib/http/cors.ts';
import { type Handler, route } from '../lib/http/route.ts';
import { allowedMethods } from '../lib/http/routes.ts';

/** Answers every request that no route matches: OPTIONS, 405 for a wrong method, otherwise 404. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  return route({ name: 'notFound', failureMessage: '接口不存在', environment }, async (request) => {
    if (request.method === 'OPTIONS') return preflight(request);
    const methods = allowedMethods(request.path);
    // A known path and method arrive here only on a stage that lacks the route.
    if (methods.length === 0 || methods.includes(request.method)) {
      throw new NotFound('There is no such path');
    }
    throw new MethodNotAllowed(methods);
  });
}

export const handler = createHandler(process.env);
