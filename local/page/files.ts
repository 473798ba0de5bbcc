import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import { parse } from 'yaml';

/** A file as sent to the browser. */
export interface PageFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The page's files by path. Each request reads the file again, so that a reload shows an edit. */
export type PageFiles = Readonly<Record<string, () => Promise<PageFile>>>;

/** Allows this origin only and nothing inline. The redirect to WeCom is a navigation, which CSP allows. */
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

/** The origin of the login panel. The JS-SDK has no setting for another one. */
const LOGIN_PANEL = 'https://login.work.weixin.qq.com';
const JSSDK = '/local/page/jssdk.js';

const root = new URL('../../', import.meta.url);

/**
 * The modules keep their paths in the repository, so that the browser resolves the imports of the
 * sources. Nothing is bundled, and the developer tools show the sources. The JS-SDK is sent as Tencent
 * publishes it; with an emulator, its login panel is the emulator's.
 */
export function pageFiles(settings: {
  emulatorUrl: string | undefined;
  openidClient: string | undefined;
}): PageFiles {
  const loginPanel = settings.emulatorUrl ?? LOGIN_PANEL;
  return {
    '/': async () => {
      const { headers, body } = await text('local/page/browser/index.html', 'text/html');
      const policy = `${POLICY}; frame-src ${loginPanel}`;
      return { headers: { ...headers, 'content-security-policy': policy }, body };
    },
    [JSSDK]: async () => {
      const file = new URL(import.meta.resolve('@wecom/jssdk/dist/wecom.prod.js'));
      const code = await readFile(file, 'utf8');
      return pageFile('text/javascript', code.replaceAll(LOGIN_PANEL, loginPanel));
    },
    '/local/page/browser/page.css': () => text('local/page/browser/page.css', 'text/css'),
    '/local/page/browser/icon.svg': () => text('local/page/browser/icon.svg', 'image/svg+xml'),
    '/local/page/settings.json': async () => {
      const permissions = settings.emulatorUrl && (await demonstrationPermissions());
      return pageFile('application/json', JSON.stringify({ ...settings, permissions }));
    },
    '/openapi.yaml': () => text('docs/openapi.yaml', 'application/yaml'),
    '/openapi.json': async () =>
      pageFile('application/json', JSON.stringify(parse(await read('docs/openapi.yaml')), null, 2)),
    ...Object.fromEntries(
      MODULES.map((path) => [
        `/${path}`,
        async () => pageFile('text/javascript', await javascript(path)),
      ]),
    ),
  };
}

const MODULES = [
  'packages/client/source/wecomAuth.ts',
  ...['company', 'elements', 'emulator', 'jssdk', 'language', 'main', 'openid'].map(browserFile),
  ...['refusal', 'situations', 'steps'].map(browserFile),
];

function browserFile(name: string): string {
  return `local/page/browser/${name}.ts`;
}

/** The permissions that the demonstration's grants name, to choose from. */
async function demonstrationPermissions(): Promise<string[]> {
  const [, ...rows] = (await read('local/demonstration.csv')).trim().split('\n');
  return [...new Set(rows.flatMap((row) => row.split(',')[1] ?? []))];
}

const read = (path: string) => readFile(new URL(path, root), 'utf8');

async function text(path: string, type: string): Promise<PageFile> {
  return pageFile(type, await read(path));
}

async function javascript(path: string): Promise<string> {
  const { code } = await transform(await read(path), {
    loader: 'ts',
    target: 'es2024',
    sourcefile: path,
    sourcemap: 'inline',
  });
  return code.replaceAll('"@wecom/jssdk"', `"${JSSDK}"`);
}

function pageFile(type: string, body: string): PageFile {
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
