import { consoleFiles } from '../console/files.ts';
import { NotFound } from '../lib/errors.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** Allows this origin only, nothing inline and no frame. The redirect to WeCom is a navigation, which CSP allows. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Of a file whose name changes with its content. */
const FOREVER = 'public, max-age=31536000, immutable';

/** `GET /admin` and `GET /admin/{file}`: the administrators' page. It shows nothing without a session. */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  return route(
    { name: 'adminPage', failureMessage: '页面无法显示', environment },
    async ({ pathParameters }) => {
      const name = pathParameters['file'] ?? '';
      const all = await consoleFiles();
      const file = Object.hasOwn(all, name) ? all[name] : undefined;
      if (file === undefined) throw new NotFound('The page has no such file');
      return {
        status: 200,
        headers: {
          ...HEADERS,
          'content-type': `${file.type}; charset=utf-8`,
          'cache-control': name === '' ? 'no-cache' : FOREVER,
        },
        body: name === '' ? file.body.replace('{{stage}}', environment['STAGE'] ?? '') : file.body,
      };
    },
  );
}

export const handler = createHandler(process.env);
