import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { optionTakenByNpm } from './npmOptions.ts';

const MAPS = 'artifacts/source-maps';

const HELP = `Finds the source line of a frame in a log line of a packaged function.

  npm run resolve-frame -- verify.chunk-4UPDXZ7C.js:2:1243
  npm run resolve-frame -- 'at xe (file:///var/task/functions/verify.chunk-4UPDXZ7C.js:2:1243)'

Takes any number of frames, and whole log lines with several frames in them.

  --maps <directory>  the source maps of the deployed package. Default: ${MAPS}, where
                      npm run package and npm run deploy write them. A deployment by GitHub
                      Actions keeps them as its artifact source-maps.

Exit codes: 0 every frame was resolved; 1 one was not; 2 wrong arguments.`;

/** File, line and column of a bundled file, as V8 writes them. */
const FRAME = /([\w.-]+\.js):(\d+):(\d+)/g;

/** @returns what to print, and the exit code */
function run(args: string[]): [text: string, exitCode: number] {
  const taken = optionTakenByNpm(['maps'], args, process.env);
  if (taken) return [taken.en, 2];
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      maps: { type: 'string', default: MAPS },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return [HELP, 0];
  const frames = [...positionals.join('\n').matchAll(FRAME)];
  if (frames.length === 0)
    return [`The arguments contain no frame such as verify.js:2:1243.\n\n${HELP}`, 2];
  const lines = frames.map(([frame, file = '', line, column]) => ({
    frame,
    source: sourceOf(join(values.maps, `${file}.map`), Number(line), Number(column)),
  }));
  const text = lines.map(({ frame, source }) => `${frame}  ${source ?? 'not in the source maps'}`);
  if (lines.every(({ source }) => source !== undefined)) return [text.join('\n'), 0];
  text.push(`Use --maps with the source maps of the package that wrote the log line.`);
  return [text.join('\n'), 1];
}

/** @returns such as `lib/http/route.ts:55:20`; nothing if there is no map or no such position */
function sourceOf(mapFile: string, line: number, column: number): string | undefined {
  if (!existsSync(mapFile)) return undefined;
  const map = new SourceMap(JSON.parse(readFileSync(mapFile, 'utf8')));
  // Lines and columns of V8 begin with 1, those of a source map with 0.
  const entry = map.findEntry(line - 1, column - 1);
  if (!('originalSource' in entry) || entry.originalSource === undefined) return undefined;
  return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
}

try {
  const [text, exitCode] = run(process.argv.slice(2));
  console.log(text);
  process.exitCode = exitCode;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  console.error('Try: npm run resolve-frame -- --help');
  process.exitCode = 2;
}
