import type { Language, Text } from '../../tests/wecomClients/table.ts';
import { table } from '../measure/report.ts';
import { type CellOptions, cellOf, recoveryCell } from './cell.ts';
import type { PlannedBackEnd } from './plan.ts';
import { REPEATS, type SituationName, type Situations, TOKEN_SIGN_INS } from './situations.ts';

const LEFT_OPEN: Text = { en: 'left to the application', zh: '由应用负责' };
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

/** A row for each situation, and a column for each back end. */
export function situationTable(
  situations: Situations,
  backEnds: readonly PlannedBackEnd[],
  language: Language,
): string {
  const columns = backEnds.filter(({ hasState }) => !hasState);
  const head = [
    language === 'en' ? 'situation' : '情形',
    ...columns.map(({ name }) => name[language]),
  ];
  const names = Object.keys(ROWS) as SituationName[];
  const rows = names.flatMap((name) => {
    const row = ROWS[name];
    const cells = columns.map(({ id, isLibrary }) => {
      const found = situations[name][id];
      const withState = id === 'ours' ? situations[name]['oursWithState'] : undefined;
      if (!found && isLibrary) return LEFT_OPEN[language];
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
