/**
 * Every route of the API, as serverless.yml, resources/openid.yml and resources/console.yml declare them.
 * tests/template/template.test.ts compares them.
 */
export const routes = [
  'POST /api/wecom/getUserInfo',
  'GET /api/wecom/verify/{userId}',
  'GET /api/wecom/callback/{channel}',
  'POST /api/wecom/callback/{channel}',
  'GET /api/wecom/authorize',
  'GET /api/wecom/jssdk',
  'GET /.well-known/jwks.json',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/oauth-authorization-server',
  'GET /oauth2/authorize',
  'POST /oauth2/authorize',
  'GET /oauth2/authorize/{uid}',
  'GET /oauth2/wecom',
  'GET /oauth2/refused/{uid}',
  'POST /oauth2/refused/{uid}',
  'GET /oauth2/logout',
  'POST /oauth2/logout',
  'POST /oauth2/logout/confirm',
  'GET /oauth2/logout/success',
  'GET /oauth2/account',
  'POST /oauth2/account',
  'POST /oauth2/token',
  'OPTIONS /oauth2/token',
  'GET /oauth2/userinfo',
  'POST /oauth2/userinfo',
  'OPTIONS /oauth2/userinfo',
  'POST /oauth2/revoke',
  'OPTIONS /oauth2/revoke',
  'GET /admin',
  'GET /admin/{file}',
  'GET /api/admin/me',
  'GET /api/admin/departments',
  'GET /api/admin/departments/{id}/members',
  'GET /api/admin/members/{userId}',
  'GET /api/admin/members/{userId}/permissions',
  'GET /api/admin/permissions',
  'GET /api/admin/grants',
  'POST /api/admin/grants',
  'POST /api/admin/grants/preview',
  'GET /api/admin/grants/csv',
  'POST /api/admin/grants/csv',
  'GET /api/admin/history',
  'GET /api/admin/clients',
  'POST /api/admin/clients',
  'GET /api/admin/clients/{clientId}',
  'DELETE /api/admin/clients/{clientId}',
  'POST /api/admin/clients/{clientId}/secret',
  'GET /WW_verify_{proof}.txt',
] as const;

/**
 * @returns the methods of the routes that fit this path, in rising order and without OPTIONS, which is
 *   answered everywhere; none for an unknown path
 */
export function allowedMethods(path: string): string[] {
  return routes
    .map((route) => route.split(' ') as [method: string, template: string])
    .filter(([, template]) => patternOf(template).test(path))
    .map(([method]) => method)
    .filter((method) => method !== 'OPTIONS')
    .sort();
}

/** A `{parameter}` is any part of one segment. */
function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/, '[^/]+')}$`);
}
