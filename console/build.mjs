import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = new URL('browser/', import.meta.url);
const pathOf = (name) => fileURLToPath(new URL(name, folder));

/**
 * Builds the administrators' page.
 *
 * @returns the files by the last part of their path: the page under '', and what it loads under names
 *   that change with their content. The function fills in `{{stage}}` of the page
 */
export async function buildConsole() {
  const common = { bundle: true, minify: true, charset: 'utf8', write: false };
  const [script, style, icon, page] = await Promise.all([
    build({
      ...common,
      entryPoints: [pathOf('main.tsx')],
      format: 'esm',
      target: 'es2022',
      legalComments: 'none',
      metafile: true,
      jsx: 'automatic',
      jsxImportSource: 'preact',
    }),
    build({ ...common, entryPoints: [pathOf('page.css')] }),
    readFile(pathOf('icon.svg'), 'utf8'),
    readFile(pathOf('index.html'), 'utf8'),
  ]);
  const files = { '': { type: 'text/html', body: page } };
  const add = (name, type, body) => {
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const hashed = name.replace('.', `-${hash}.`);
    files[hashed] = { type, body };
    files[''].body = files[''].body.replace(`{{${name}}}`, `admin/${hashed}`);
  };
  add('main.js', 'text/javascript', licences(script.metafile) + script.outputFiles[0].text);
  add('page.css', 'text/css', style.outputFiles[0].text);
  add('icon.svg', 'image/svg+xml', icon);
  return files;
}

/** The licences of the packages in the script, as a comment: they must be with every copy. */
function licences({ inputs }) {
  const folders = Object.keys(inputs).flatMap(
    (input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(input) ?? [],
  );
  return [...new Set(folders)]
    .map((folder) => {
      const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
      if (file === undefined) throw new Error(`${name} has no licence file`);
      const text = readFileSync(join(folder, file), 'utf8').trim();
      if (text.includes('*/')) throw new Error(`The licence of ${name} ends a comment`);
      return `/*! ${name}\n\n${text}\n*/\n`;
    })
    .join('');
}
