/** Every route of the API as serverless.yml declares it; a test holds the two together. */
export const routes = [
  'POST /api/wecom/getUserInfo',
  'GET /api/wecom/verify/{userId}',
  'GET /api/wecom/callback/{channel}',
  'POST /api/wecom/callback/{channel}',
  'GET /api/wecom/authorize',
  'GET /.well-known/jwks.json',
  'GET /.well-known/openid-configuration',
] as const;

/** @returns the methods of the routes that this path would fit, in rising order; none for an unknown path */
export function allowedMethods(path: string): string[] {
  const fits = routes.filter((route) => {
    const [, template = ''] = route.split(' ');
    const wanted = template.split('/');
    const given = path.split('/');
    return (
      wanted.length === given.length &&
      wanted.every((part, at) => (part.startsWith('{') ? given[at] !== '' : part === given[at]))
    );
  });
  return fits.map((route) => route.split(' ')[0] as string).sort();
}
