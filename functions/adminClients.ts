import { wireAdminClients } from '../lib/app/adminClients.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** What the administrators' console does with the clients of the OpenID provider. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { answer } = wireAdminClients(environment);
  return route({ name: 'adminClients', failureMessage: '管理操作失败', environment }, answer);
}

export const handler = createHandler(process.env);
