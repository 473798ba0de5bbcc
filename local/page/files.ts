import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import { parse } from 'yaml';

/** One file as it goes to the browser. */
export interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What there is to get, by path; read anew each time, so that an edit shows on a reload. */
export type PageFiles = Readonly<Record<string, () => Promise<PageFile>>>;

/**
 * Nothing inline, nothing from elsewhere. The way to WeCom is a navigation, which this does not
 * restrict; what the page may talk to is this origin alone.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

const root = new URL('../../', import.meta.url);

/**
 * The modules keep their paths of the repository, so that an `import` in a source is the import
 * that the browser makes: nothing is bundled, and the developer tools show the sources.
 */
export function pageFiles(settings: { emulatorUrl: string | undefined }): PageFiles {
  return {
    '/': () => text('local/page/browser/index.html', 'text/html'),
    '/local/page/browser/page.css': () => text('local/page/browser/page.css', 'text/css'),
    '/local/page/browser/icon.svg': () => text('local/page/browser/icon.svg', 'image/svg+xml'),
    '/local/page/settings.json': async () => served('application/json', JSON.stringify(settings)),
    '/openapi.yaml': () => text('docs/openapi.yaml', 'application/yaml'),
    '/openapi.json': async () =>
      served('application/json', JSON.stringify(parse(await read('docs/openapi.yaml')), null, 2)),
    ...Object.fromEntries(
      MODULES.map((path) => [
        `/${path}`,
        async () => served('text/javascript', await javascript(path)),
      ]),
    ),
  };
}

const MODULES = [
  'docs/front-end/wecomSignIn.ts',
  'local/page/browser/main.ts',
  'local/page/browser/refusal.ts',
  'local/page/browser/steps.ts',
];

const read = (path: string) => readFile(new URL(path, root), 'utf8');

async function text(path: string, type: string): Promise<PageFile> {
  return served(type, await read(path));
}

async function javascript(path: string): Promise<string> {
  const { code } = await transform(await read(path), {
    loader: 'ts',
    target: 'es2024',
    sourcefile: path,
    sourcemap: 'inline',
  });
  return code;
}

function served(type: string, body: string): PageFile {
  return {
    headers: {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': POLICY,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
    body,
  };
}
