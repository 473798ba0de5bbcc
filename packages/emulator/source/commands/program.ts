/** How a user starts the emulator: by npm from the sources, by npx as a package. */
export const PROGRAM = import.meta.url.endsWith('.ts') ? 'npm run wecom --' : 'npx wecom-emulator';
