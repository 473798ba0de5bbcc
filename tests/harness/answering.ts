import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** An answer to each question, by a word of it; `''` is Enter. */
export type Answers = readonly (readonly [question: string, answer: string])[];

/**
 * Types each answer when its question is printed, and ends the input after the last one.
 *
 * @returns what was printed, and how many answers were left, when the command has ended
 */
export function answering(child: ChildProcessWithoutNullStreams, answers: Answers) {
  let printed = '';
  let seen = 0;
  const waiting = [...answers];
  const read = (chunk: Buffer) => {
    printed += stripVTControlCharacters(String(chunk));
    const [next] = waiting;
    if (next === undefined) return;
    const at = printed.indexOf(next[0], seen);
    if (at < 0) return;
    seen = at + next[0].length;
    waiting.shift();
    child.stdin.write(`${next[1]}\n`);
    if (waiting.length === 0) child.stdin.end();
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  if (answers.length === 0) child.stdin.end();
  return new Promise<{ exitCode: number | null; printed: string; unasked: number }>(
    (done, failed) => {
      child.once('error', failed);
      child.once('close', (exitCode) => done({ exitCode, printed, unasked: waiting.length }));
    },
  );
}
