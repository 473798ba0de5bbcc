/** What build.ts makes one file of: the library, and the command line for the bin. */
export { commandLine } from './commands/commandLine.ts';
export * from './library.ts';
