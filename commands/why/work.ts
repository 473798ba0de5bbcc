import type { Target } from '../doctor/target.ts';
import type { Say } from '../language.ts';
import type { Options } from './request.ts';
import type { SearchLog } from './searchLog.ts';

/** What each kind of question works with. */
export interface Work {
  readonly options: Options;
  readonly target: Target;
  readonly search: SearchLog;
  readonly say: Say;
  readonly print: (text: string) => void;
  /** Beside the answer: a program reads that. */
  readonly warn: (text: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What follows `npm run permissions -- …` for the stage that is asked about. */
export function onStage({ stage }: Options): string {
  return stage === 'local' ? '' : ` --stage ${stage}`;
}

/** For a search that came to an end of its own. */
export function warnIncomplete({ say, warn }: Work): void {
  warn(
    say({
      zh: '日志未能查到底：请用 --at 缩小时间范围。',
      en: 'The logs were not searched to their ends: narrow the time with --at.',
    }),
  );
}

/** What JSON shows of a line: nothing about a person. */
const SHOWN = [
  'requestId',
  'gatewayRequestId',
  'traceId',
  'function',
  'route',
  'status',
  'outcome',
  'fault',
  'error',
  'refusal',
  'errcode',
  'api',
  'client',
  'permission',
  'authorized',
  'decision',
  'decidedBy',
  'event',
  'end',
] as const;

export function shownFields(at: number, line: Readonly<Record<string, unknown>>) {
  const fields = SHOWN.filter((name) => line[name] !== undefined);
  return {
    time: new Date(at).toISOString(),
    ...Object.fromEntries(fields.map((name) => [name, line[name]])),
  };
}
