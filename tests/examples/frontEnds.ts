import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { type Listening, listen } from '../harness/listen.ts';

const CLIENT = resolve('packages/client/source/wecomAuth.ts');
/** Where `npm start` listens; the examples call it. */
const LOCAL_API = 'http://localhost:3000';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** The examples with a build tool. */
export const BUILT = ['react', 'vue'] as const;
export const FRONT_ENDS = ['plain', ...BUILT] as const;
type Name = (typeof FRONT_ENDS)[number];

const sources = (name: Name) => resolve('docs/examples', name);

/**
 * Checks the types of an example, with the helper from the repository instead of the installed one.
 *
 * @throws Error with the compiler's output
 */
export function checkTypes(name: (typeof BUILT)[number]): void {
  const project = resolve('artifacts/examples', `${name}.tsconfig.json`);
  mkdirSync(resolve('artifacts/examples'), { recursive: true });
  const configuration = {
    extends: join(sources(name), 'tsconfig.json'),
    compilerOptions: {
      paths: { 'wecom-auth-client': [CLIENT] },
      allowImportingTsExtensions: true,
    },
    include: [join(sources(name), 'src')],
  };
  writeFileSync(project, JSON.stringify(configuration));
  const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
  execFileSync(process.execPath, [tsc, '--project', project], { encoding: 'utf8' });
}

/** Builds an example for an API. @returns the folder to serve */
export async function buildFrontEnd(name: Name, api: string): Promise<string> {
  const folder = resolve('artifacts/examples', name);
  if (name === 'plain') {
    cpSync(sources(name), folder, { recursive: true });
    const main = readFileSync(join(folder, 'main.js'), 'utf8');
    if (!main.includes(LOCAL_API)) throw new Error(`main.js does not call ${LOCAL_API}`);
    writeFileSync(join(folder, 'main.js'), main.replace(LOCAL_API, api));
    const { buildSync } = await import('esbuild');
    buildSync({ entryPoints: [CLIENT], outfile: join(folder, 'wecomAuth.js'), format: 'esm' });
    return folder;
  }
  await build({
    root: sources(name),
    logLevel: 'error',
    define: { 'import.meta.env.VITE_WECOM_AUTH_URL': JSON.stringify(api) },
    resolve: { alias: { 'wecom-auth-client': CLIENT } },
    build: { outDir: folder, emptyOutDir: true },
  });
  return folder;
}

/** Serves files as a web server does. @param folderOf the folder, when the first request arrives */
export function serveFolder(folderOf: () => string): Promise<Listening> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const file = pathname === '/' ? '/index.html' : pathname;
    try {
      const content = readFileSync(join(folderOf(), file));
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  return listen(server);
}
