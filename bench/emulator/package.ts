import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBin, versionOf } from '../../tests/harness/emulatorPackage.ts';
import { installPackage } from '../../tests/harness/publishedPackage.ts';
import { quantile } from '../measure/spread.ts';

/*
 * npm run bench:emulator-package -- [node …]
 *
 * Packs and installs the emulator, and prints its bytes and files, and for each Node.js the time from the
 * start of the process to readiness and its memory then. Memory is read from /proc, so on Linux only.
 */

const STARTS = 20;
const nodes = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath];

const directory = mkdtempSync(join(tmpdir(), 'emulator-package-'));
try {
  const { folder, packedBytes, installedBytes, files } = await installPackage(
    'emulator',
    directory,
  );
  console.log(`packed ${packedBytes} bytes, installed ${installedBytes} bytes in ${files} files\n`);
  console.log('| Node.js | ready, median | ready, worst | memory, median |\n|---|---|---|---|');
  for (const node of nodes) {
    const readyMs: number[] = [];
    const memoryMb: number[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      const began = performance.now();
      const running = await startBin(folder, node);
      readyMs.push(performance.now() - began);
      memoryMb.push(residentMb(running.pid));
      await running.stop();
    }
    const ms = (share: number) => `${quantile(readyMs, share).toFixed(0)} ms`;
    const mb = `${quantile(memoryMb, 0.5).toFixed(0)} MB`;
    console.log(`| ${await versionOf(node)} | ${ms(0.5)} | ${ms(1)} | ${mb} |`);
  }
} finally {
  rmSync(directory, { recursive: true });
}

function residentMb(pid: number): number {
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
