import { wireAdminPermissions } from '../lib/app/adminPermissions.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** What the administrators' console does with grants: reads a CSV file, previews changes, and makes them. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { answer } = wireAdminPermissions(environment);
  return route({ name: 'adminPermissions', failureMessage: '管理操作失败', environment }, answer);
}

export const handler = createHandler(process.env);
