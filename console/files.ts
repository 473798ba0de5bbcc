import { buildConsole, type ConsoleFiles } from './build.mjs';

let built: Promise<ConsoleFiles> | undefined;

/**
 * The files of the administrators' page. In the package of the function they stand in place of this
 * module (esbuild.plugins.mjs); in tests it builds them once.
 */
export function consoleFiles(): Promise<ConsoleFiles> {
  built ??= buildConsole();
  return built;
}
