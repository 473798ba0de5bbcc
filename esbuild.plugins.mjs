import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, resolve } from 'node:path';

/** What can be the name of a binding. */
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * Takes Node's own modules from `process.getBuiltinModule` instead of importing them.
 *
 * For an `import` Node makes an ES module of the whole built-in and reads every one of its names, and
 * with them all that is meant to be loaded only when it is used: `node:http` brings `fetch` and
 * WebSocket with it, `node:crypto` WebCrypto, `node:fs` its streams. A cold start pays for all of
 * that. Here each name is read only where it is used.
 *
 * Names are listed by the Node that runs the build. A package that imports a name which a newer Node
 * has would not build on an older one; nor would it start there.
 */
const builtins = {
  name: 'builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      const namespace = kind === 'import-statement' ? 'builtin' : 'whole-builtin';
      return { path: path.replace(/^node:/, ''), namespace, sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(`node:${path}`));
      const exports = names
        .filter((name) => IDENTIFIER.test(name) && name !== 'default')
        .map(
          (name) => `const ${name}_ = /* @__PURE__ */ (() => builtin.${name})();
export { ${name}_ as ${name} };`,
        );
      return {
        contents: `const builtin = /* @__PURE__ */ process.getBuiltinModule('node:${path}');
export default builtin;
${exports.join('\n')}`,
      };
    });
    build.onLoad({ filter: /.*/, namespace: 'whole-builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}');`,
    }));
  },
};

/**
 * Calls a function's chunks after it, as `verify.chunk-….js`: serverless-esbuild leaves out of a
 * function's package what is called after another function, and would else put every chunk into
 * every package.
 */
const chunksOfOneFunction = {
  name: 'chunks-of-one-function',
  setup({ initialOptions }) {
    const [entry] = initialOptions.entryPoints;
    const [, name] = /([^/]+)\.[^./]+$/.exec(entry);
    initialOptions.chunkNames = `${name}.[name]-[hash]`;
  },
};

/**
 * Writes source maps into the directory that SOURCE_MAPS names, and not into the package: Lambda would
 * download them at every cold start. The code is the same without them, but for the hashes in the names
 * of the chunks. `npm run resolve-frame` reads them.
 */
const sourceMaps = {
  name: 'source-maps',
  setup(build) {
    const directory = process.env['SOURCE_MAPS'];
    if (!directory) return;
    const { initialOptions } = build;
    const { outdir, entryPoints } = initialOptions;
    initialOptions.sourcemap = 'external';
    initialOptions.sourcesContent = false;
    const [, name] = /([^/]+)\.[^./]+$/.exec(entryPoints[0]);
    build.onEnd(() => {
      mkdirSync(directory, { recursive: true });
      for (const file of readdirSync(outdir)) {
        if (!file.startsWith(`${name}.`) || !file.endsWith('.map')) continue;
        const map = JSON.parse(readFileSync(join(outdir, file), 'utf8'));
        // From the repository rather than from where the map was written.
        map.sources = map.sources.map((source) => relative('.', resolve(outdir, source)));
        writeFileSync(join(directory, file), JSON.stringify(map));
        rmSync(join(outdir, file));
      }
    });
  },
};

export default [builtins, chunksOfOneFunction, sourceMaps];
