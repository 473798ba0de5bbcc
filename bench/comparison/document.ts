import { replacePart } from '../../tests/harness/generatedPart.ts';
import type { Language, Text } from '../../tests/wecomClients/table.ts';
import { machine, revision, table } from '../measure/report.ts';
import { type CellOptions, cellOf, recoveryCell } from './cell.ts';
import { CALL_MS } from './emulator.ts';
import type { Results } from './inside.ts';
import type { PlannedBackEnd } from './plan.ts';
import { AT_ONCE } from './signIn.ts';
import { REPEATS, type SituationName, TOKEN_SIGN_INS } from './situations.ts';

/** A back end that was not compared, and why. */
export interface Skipped {
  readonly name: Text;
  readonly version: string;
  readonly reason: string;
}

/** One run, as the documents tell it. */
export interface Run extends Results {
  readonly backEnds: readonly PlannedBackEnd[];
  readonly skipped: readonly Skipped[];
  /** The machine's load (1 minute) before and after. */
  readonly load: readonly [number, number];
}

const DOCUMENTS = { en: 'docs/comparison.md', zh: 'docs/zh-CN/comparison.md' } as const;

const WITH_STATE: Text = { en: 'With a state: ', zh: '带 state：' };

interface Row extends CellOptions {
  readonly title: Text;
}

const ROWS: Record<SituationName, Row> = {
  revoked: {
    title: {
      en: `The token is revoked after ${TOKEN_SIGN_INS / 2} of ${TOKEN_SIGN_INS} sign-ins (40014)`,
      zh: `${TOKEN_SIGN_INS} 次登录中，第 ${TOKEN_SIGN_INS / 2} 次之后 token 提前失效（40014）`,
    },
    counted: 'gettoken',
  },
  wrongSecret: {
    title: {
      en: `${TOKEN_SIGN_INS} sign-ins with a wrong secret (40001)`,
      zh: `Secret 错误时登录 ${TOKEN_SIGN_INS} 次（40001）`,
    },
    counted: 'gettoken',
  },
  gettokenLimited: {
    title: { en: '`gettoken` is limited (45009)', zh: '`gettoken` 频率受限（45009）' },
    counted: 'gettoken',
  },
  userLimited: {
    title: { en: '`user/get` is limited (45009)', zh: '`user/get` 频率受限（45009）' },
    counted: 'user/get',
  },
  busy: {
    title: {
      en: '`auth/getuserinfo` is busy twice (-1)',
      zh: '`auth/getuserinfo` 系统繁忙两次（-1）',
    },
    counted: 'auth/getuserinfo',
  },
  disabled: { title: { en: 'A disabled member', zh: '已禁用的成员' }, isWrong: true },
  stranger: {
    title: { en: 'A person outside the company: `openid`', zh: '非企业成员：`openid`' },
    isWrong: true,
  },
  customer: {
    title: {
      en: 'A customer: `openid` and `external_userid`',
      zh: '外部联系人：`openid` 和 `external_userid`',
    },
    isWrong: true,
  },
  linked: {
    title: { en: 'A member of a linked company', zh: '互联企业的成员' },
    isWrong: true,
  },
  sameCode: {
    title: {
      en: `One code posted ${REPEATS} times at once`,
      zh: `同一个 code 同时提交 ${REPEATS} 次`,
    },
    counted: 'auth/getuserinfo',
  },
  foreignState: {
    title: { en: 'The state of another browser', zh: '另一个浏览器的 state' },
    isWrong: true,
  },
};

/** The parts of the documents that one run writes, by their names. */
type Parts = Readonly<Record<'run' | 'sign-ins' | 'situations', string>>;

export function writeDocuments(run: Run): void {
  for (const language of ['en', 'zh'] as const) {
    for (const [name, text] of Object.entries(partsOf(run, language))) {
      replacePart(DOCUMENTS[language], name, text);
    }
  }
}

export function partsOf(run: Run, language: Language): Parts {
  return {
    run: runText(run, language),
    'sign-ins': signInTable(run, language),
    situations: situationTable(run, language),
  };
}

function runText({ load, backEnds, skipped }: Run, language: Language): string {
  const [before, after] = load.map((each) => each.toFixed(1));
  const day = new Date().toISOString().slice(0, 10);
  const where = `${machine()}, Node.js ${process.versions.node}`;
  const versions = backEnds
    .filter(({ hasState }) => !hasState)
    .map(({ name, version }) => `- ${name[language]}: ${version}`);
  const missing = skipped.map(({ name, version, reason }) =>
    language === 'en'
      ? `- Not compared: ${name.en} ${version}. ${reason}.`
      : `- 未比较：${name.zh} ${version}。${reason}。`,
  );
  const text =
    language === 'en'
      ? `Measured on ${day} at ${revision()}, on ${where}. Load of the machine (1 minute) before and after: ${before} and ${after}.`
      : `测于 ${day}，提交 ${revision()}，${where}。测量前后的机器负载（1 分钟）：${before} 和 ${after}。`;
  return [text, '', ...versions, ...missing].join('\n');
}

function signInTable({ speeds, backEnds }: Run, language: Language): string {
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

function situationTable({ situations, backEnds }: Run, language: Language): string {
  const columns = backEnds.filter(({ hasState }) => !hasState);
  const head = [
    language === 'en' ? 'situation' : '情形',
    ...columns.map(({ name }) => name[language]),
  ];
  const names = Object.keys(ROWS) as SituationName[];
  const rows = names.flatMap((name) => {
    const row = ROWS[name];
    const cells = columns.map(({ id }) => {
      const found = situations[name][id];
      const withState = id === 'ours' ? situations[name]['oursWithState'] : undefined;
      return [
        ...(found ? [cellOf(found, row, language)] : []),
        ...(withState ? [WITH_STATE[language] + cellOf(withState, row, language)] : []),
      ].join('<br>');
    });
    const recoveries = columns.flatMap(({ id }) => {
      const recovery = situations[name][id]?.recovery;
      return recovery ? [recoveryCell(recovery, language)] : [];
    });
    const corrected =
      language === 'en' ? 'The secret is corrected: sign-ins work' : 'Secret 改正后恢复登录';
    return [
      [row.title[language], ...cells],
      ...(recoveries.length > 0 ? [[corrected, ...recoveries]] : []),
    ];
  });
  return table(head, rows);
}
