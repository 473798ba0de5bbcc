/** Whether this is the package, and not the sources in the repository of wecom-auth. */
export const IS_PACKAGE = !import.meta.url.endsWith('.ts');

/** How a user starts the emulator: by npm from the sources, by npx as a package. */
export const PROGRAM = IS_PACKAGE ? 'npx wecom-emulator' : 'npm run wecom --';
