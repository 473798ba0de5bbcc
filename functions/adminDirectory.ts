import { wireAdminDirectory } from '../lib/app/adminDirectory.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** What the administrators' console reads: the departments and members that WeCom shows to the app, grants, why a member has a permission, and the changes of grants. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  const { answer } = wireAdminDirectory(environment);
  return route({ name: 'adminDirectory', failureMessage: '管理操作失败', environment }, answer);
}

export const handler = createHandler(process.env);
