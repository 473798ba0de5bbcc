import { foldUserid, isUserid } from '../../lib/wecom/userid.ts';
import { misunderstood } from '../administration/exit.ts';
import { parseOptions, refuseMore, wantsHelp } from '../administration/options.ts';
import { parseAt } from './period.ts';

/** What the operator asks. */
export type Request =
  | { readonly do: 'help' }
  | { readonly do: 'member'; readonly userid: string; readonly at: number | undefined }
  | { readonly do: 'request'; readonly id: string; readonly at: number | undefined };

export interface Options {
  readonly stage: string;
  readonly region?: string | undefined;
  readonly json: boolean;
}

/** @param now milliseconds since the epoch @throws ExitError */
export function readRequest(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  now: number,
): Request & { options: Options } {
  const { values, positionals } = parseOptions(argv, environment, OPTIONS);
  const { help, at: time, ...options } = values;
  if (wantsHelp(argv, help, positionals)) return { do: 'help', options };
  const [what = '', ...more] = positionals;
  if (!/^[\w-]{1,64}$/.test(options.stage)) {
    throw misunderstood({ zh: '--stage 不是环境名', en: '--stage is not the name of a stage' });
  }
  refuseMore(more);
  const at = time === undefined ? undefined : readAt(time, now);
  const [, kind, id = ''] = /^(user|request):(.+)$/.exec(what) ?? [];
  if (kind === 'user' && isUserid(id)) return { do: 'member', userid: foldUserid(id), at, options };
  // Lambda's are UUIDs, API Gateway's are base64. Nothing else may stand in a filter pattern.
  if (kind === 'request' && /^[\w+/=-]{8,64}$/.test(id)) return { do: 'request', id, at, options };
  throw misunderstood({
    zh: `应为 user:<userid> 或 request:<id>，而不是 ${what}`,
    en: `Say user:<userid> or request:<id>, not ${what}`,
  });
}

/** @throws ExitError */
function readAt(text: string, now: number): number {
  const at = parseAt(text, now);
  if (at === undefined) {
    throw misunderstood({
      zh: `--at 不是时间：${text}（写 10:05、2026-11-27T10:05 或 2026-11-27T10:05+08:00）`,
      en: `--at is no time: ${text} (write 10:05, 2026-11-27T10:05 or 2026-11-27T10:05+08:00)`,
    });
  }
  if (typeof at !== 'number') {
    const { isTwice, zone, withOffset } = at;
    throw misunderstood({
      zh: `--at ${text} 在本机时区 ${zone} ${isTwice ? '出现两次' : '不存在'}（夏令时切换）。请写 ${withOffset.join(' 或 ')}`,
      en: `--at ${text} ${isTwice ? 'comes twice' : 'does not exist'} in ${zone}, this machine's time zone, because the clocks were changed. Write ${withOffset.join(' or ')}`,
    });
  }
  if (at > now) {
    throw misunderstood({
      zh: `--at 在未来：${text}`,
      en: `--at is in the future: ${text}`,
    });
  }
  return at;
}

const OPTIONS = {
  at: { type: 'string' },
  stage: { type: 'string', default: 'local' },
  region: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
