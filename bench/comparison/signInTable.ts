import type { Language } from '../../tests/wecomClients/table.ts';
import { table } from '../measure/report.ts';
import { CALL_MS } from './emulator.ts';
import type { PlannedBackEnd } from './plan.ts';
import { AT_ONCE } from './signIn.ts';
import type { Speed } from './speed.ts';

/** A row for each back end and number of instances. */
export function signInTable(
  speeds: readonly Speed[],
  backEnds: readonly PlannedBackEnd[],
  language: Language,
): string {
  const head =
    language === 'en'
      ? [
          'back end',
          'instances',
          'right member',
          '`gettoken` calls',
          'calls of WeCom in a sign-in',
          'p50',
          'p99',
          'CPU of a sign-in',
          'memory of all instances',
        ]
      : [
          '后端',
          '实例数',
          '成员正确',
          '`gettoken` 次数',
          '每次登录调用企业微信',
          'p50',
          'p99',
          '每次登录 CPU',
          '全部实例内存',
        ];
  const rows = speeds.map((speed) => [
    backEnds.find(({ id }) => id === speed.id)?.name[language] ?? '',
    String(speed.instances),
    `${speed.right} / ${speed.signIns}`,
    `${speed.gettokenCalls} / ${speed.allSignIns}`,
    speed.callsOfASignIn.toFixed(2),
    `${speed.p50Ms.toFixed(0)} ms`,
    `${speed.p99Ms.toFixed(0)} ms`,
    `${speed.cpuMsOfASignIn.toFixed(1)} ms`,
    `${speed.peakMegabytes.toFixed(0)} MB`,
  ]);
  const note =
    language === 'en'
      ? `${AT_ONCE} sign-ins at once; each call of WeCom takes ${CALL_MS} ms. \`gettoken\` calls are those of all sign-ins, with the ones before the measurement.`
      : `同时 ${AT_ONCE} 次登录；企业微信的每次调用耗时 ${CALL_MS} ms。\`gettoken\` 次数按全部登录统计，包括测量之前的预热。`;
  return [note, '', table(head, rows)].join('\n');
}
