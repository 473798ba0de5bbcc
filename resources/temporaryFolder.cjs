const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

/**
 * serverless-esbuild leaves a copy of each function in the system's temporary folder. This plugin gives it a
 * folder of its own there, and deletes the folder at the end.
 */
module.exports = class TemporaryFolder {
  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'wecom-auth-'));
    process.env.TMPDIR = folder;
    // Windows reads these.
    process.env.TEMP = folder;
    process.env.TMP = folder;
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
};
