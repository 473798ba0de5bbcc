/** Every route of the API as serverless.yml declares it; a test compares the two. */
export const routes = [
  'POST /api/wecom/getUserInfo',
  'GET /api/wecom/verify/{userId}',
  'GET /api/wecom/callback/{channel}',
  'POST /api/wecom/callback/{channel}',
  'GET /api/wecom/authorize',
  'GET /.well-known/jwks.json',
  'GET /.well-known/openid-configuration',
  'GET /WW_verify_{proof}.txt',
] as const;

/** @returns the methods of the routes that fit this path, in rising order; none for an unknown path */
export function allowedMethods(path: string): string[] {
  return routes
    .map((route) => route.split(' ') as [method: string, template: string])
    .filter(([, template]) => patternOf(template).test(path))
    .map(([method]) => method)
    .sort();
}

/** A `{parameter}` is any part of one segment. */
function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/, '[^/]+')}$`);
}
