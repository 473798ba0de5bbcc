import { readFileSync } from 'node:fs';

/** Linux counts CPU in ticks of 10 ms. */
const TICK_MS = 10;

/** CPU of a process since its start. */
export function cpuMsOf(pid: number): number {
  // The second field is the name of the program, in parentheses.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The peak of its resident memory. */
export function peakMegabytesOf(pid: number): number {
  const [, kilobytes] =
    /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}
