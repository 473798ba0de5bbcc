import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { buildConsole } from './console/build.mjs';

/** Names that an ES module can export. */
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * Reads Node's built-in modules from `process.getBuiltinModule` instead of importing them.
 *
 * For an `import`, Node creates an ES module of the whole built-in and reads all its names. This loads
 * parts that are otherwise lazy: `fetch` and WebSocket with `node:http`, WebCrypto with `node:crypto`,
 * streams with `node:fs`. Every cold start pays for that. This plugin reads each name on use only.
 *
 * The list of names comes from the Node that runs the build. A package that imports a name of a newer
 * Node does not build on an older one, and would not start there either.
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

/** The name of the file without folder and extension: `verify` of `functions/verify.ts`. */
function functionName({ entryPoints: [entry] }) {
  return /([^/]+)\.[^./]+$/.exec(entry)[1];
}

/**
 * Prefixes a function's chunks with its name, such as `verify.chunk-….js`. serverless-esbuild omits files
 * with another function's name from a function's package; without the prefix every package would contain
 * all chunks.
 */
const chunksOfOneFunction = {
  name: 'chunks-of-one-function',
  setup({ initialOptions }) {
    initialOptions.chunkNames = `${functionName(initialOptions)}.[name]-[hash]`;
  },
};

/**
 * Writes source maps to the directory SOURCE_MAPS instead of the package, because Lambda would download
 * them at every cold start. They change nothing in the code but the hashes in the chunks' names.
 * `npm run resolve-frame` reads them.
 */
const sourceMaps = {
  name: 'source-maps',
  setup(build) {
    const directory = process.env['SOURCE_MAPS'];
    if (!directory) return;
    const { initialOptions } = build;
    const { outdir } = initialOptions;
    const name = functionName(initialOptions);
    initialOptions.sourcemap = 'external';
    initialOptions.sourcesContent = false;
    build.onEnd(() => {
      mkdirSync(directory, { recursive: true });
      for (const file of readdirSync(outdir)) {
        if (!file.startsWith(`${name}.`) || !file.endsWith('.map')) continue;
        const map = JSON.parse(readFileSync(join(outdir, file), 'utf8'));
        // Paths relative to the repository instead of the map's directory.
        map.sources = map.sources.map((source) => relative('.', resolve(outdir, source)));
        writeFileSync(join(directory, file), JSON.stringify(map));
        rmSync(join(outdir, file));
      }
    });
  },
};

/**
 * Keeps the names of oidc-provider's models and errors: it stores a model under the name of its class
 * and reads its lifetime by it. `keepNames` for everything would cost every function bytes.
 */
const providerNames = {
  name: 'provider-names',
  setup(build) {
    const filter = /node_modules\/oidc-provider\/lib\/(models\/.*|helpers\/.*error.*)\.js$/;
    build.onLoad({ filter }, async ({ path }) => {
      const source = readFileSync(path, 'utf8');
      const { code } = await build.esbuild.transform(source, { keepNames: true, format: 'esm' });
      return { contents: code };
    });
  },
};

/** The used exports of a package that is imported dynamically. All others are left out. */
const USED_EXPORTS = { '@aws-sdk/client-lambda': '{ InvokeCommand, LambdaClient }' };

/**
 * Bundles a dynamically imported module separately, with its own copy of its dependencies. Otherwise a
 * file of the SDK that DynamoDB's client shares with it is loaded by every cold start, together with the
 * parts that only this module uses: 4 kB for SQS's client, 22 kB for Lambda's.
 */
const apart = {
  name: 'apart',
  setup(build) {
    const filter = /(^@aws-sdk\/client-lambda|\/events\/sqs\.ts)$/;
    build.onResolve({ filter }, ({ path, kind, resolveDir }) =>
      kind === 'dynamic-import'
        ? { path, namespace: 'apart', pluginData: { resolveDir } }
        : undefined,
    );
    build.onLoad({ filter, namespace: 'apart' }, async ({ path, pluginData }) => {
      const { alias, mainFields, minify, platform, target } = build.initialOptions;
      const { outputFiles } = await build.esbuild.build({
        ...{ alias, mainFields, minify, platform, target },
        stdin: { ...pluginData, contents: `export ${USED_EXPORTS[path] ?? '*'} from '${path}';` },
        bundle: true,
        format: 'esm',
        write: false,
        plugins: [builtins],
      });
      return { contents: outputFiles[0].text };
    });
  },
};

/**
 * Puts all static imports of a function into one file. esbuild writes a file for each set of entries that
 * share a module, and each `import()` is an entry, so a cold start would open, compile and link up to
 * thirteen files. Here each dynamically imported module imports the function too, so that all of them
 * share the same modules.
 */
const oneStaticFile = {
  name: 'one-static-file',
  setup({ initialOptions, onResolve, onLoad }) {
    const entry = resolve(initialOptions.entryPoints[0]);
    // This project's imports and the SDK's. They have no default export, which `export *` would omit.
    onResolve({ filter: /^(\.\.?|@smithy)\// }, ({ path, kind, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const pluginData = { path, resolveDir };
      return { path: join(resolveDir, path), namespace: 'later', pluginData };
    });
    onLoad({ filter: /.*/, namespace: 'later' }, ({ pluginData: { path, resolveDir } }) => ({
      contents: `import ${JSON.stringify(entry)}; export * from ${JSON.stringify(path)};`,
      resolveDir,
    }));
  },
};

/**
 * Leaves out what `debug` (of oidc-provider) uses if it happens to be installed. Here a tool of development
 * brings it, and neither the audit nor the list of licences of what is deployed would name it.
 */
const onlyDependencies = {
  name: 'only-dependencies',
  setup(build) {
    build.onResolve({ filter: /^supports-color$/ }, ({ path }) => ({ path, namespace: 'absent' }));
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: '' }));
  },
};

/** Puts the administrators' page in place of the module that builds it. */
const builtConsole = {
  name: 'built-console',
  setup(build) {
    build.onLoad({ filter: /[\\/]console[\\/]files\.ts$/ }, async () => {
      const files = JSON.stringify(await buildConsole());
      return { contents: `export const consoleFiles = async () => (${files});`, loader: 'js' };
    });
  },
};

export default [
  builtConsole,
  apart,
  onlyDependencies,
  oneStaticFile,
  builtins,
  providerNames,
  chunksOfOneFunction,
  sourceMaps,
];
