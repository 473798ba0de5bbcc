import type { Words } from './elements.ts';
import { type Company, emulator } from './emulator.ts';

/** What a situation needs of the page. */
export interface SignIns {
  /** Begins a sign-in. @returns its state */
  begin(): Promise<string>;
  /** Finishes it as if WeCom had redirected back. @param code absent: the member cancelled */
  comeBack(state: string, code?: string): Promise<void>;
}

/** Something that happens to real people, to be seen by one click. */
export interface Situation extends Words {
  run(signIns: SignIns): Promise<void>;
}

export const SITUATIONS: readonly Situation[] = [
  ofPerson('已离职的成员', 'A member who left', { userid: 'sunqi' }),
  ofPerson('已禁用的成员', 'A disabled member', { userid: 'wangwu' }),
  ofPerson('不在可见范围的成员', 'A member outside the visible range', { userid: 'zhouba' }),
  ofPerson('非企业成员', 'An outsider, who has only an openid', { visitor: 'stranger' }),
  {
    zh: '成员取消授权',
    en: 'The member cancels',
    run: async ({ begin, comeBack }) => comeBack(await begin()),
  },
  {
    zh: '授权码已过期',
    en: 'The code has expired',
    async run({ begin, comeBack }) {
      const state = await begin();
      const { codeLifetimeSeconds } = await emulator<{ codeLifetimeSeconds: number }>(
        'GET',
        'behaviour',
      );
      const code = await codeOf(await someone());
      await emulator('PATCH', 'behaviour', { codeLifetimeSeconds: 0 });
      try {
        await comeBack(state, code);
      } finally {
        await emulator('PATCH', 'behaviour', { codeLifetimeSeconds });
      }
    },
  },
  {
    zh: 'state 已经用过',
    en: 'The state is used already',
    async run({ begin, comeBack }) {
      const state = await begin();
      const who = await someone();
      await comeBack(state, await codeOf(who));
      await comeBack(state, await codeOf(who));
    },
  },
  withErrcode('企业微信繁忙（45009）', 'WeCom is busy (45009)', 45009),
  withErrcode('我们的配置有误（60020）', 'A fault of our own (60020)', 60020),
  {
    zh: '同一标签页的两次登录',
    en: 'Two sign-ins in one tab',
    async run({ begin, comeBack }) {
      const [first, second] = [await begin(), await begin()];
      const who = await someone();
      await comeBack(first, await codeOf(who));
      await comeBack(second, await codeOf(who));
    },
  },
];

type Who = { userid: string } | { visitor: string };

/** The code was given before the member left, or before the visible range changed. */
function ofPerson(zh: string, en: string, who: Who): Situation {
  return {
    zh,
    en,
    run: async ({ begin, comeBack }) => comeBack(await begin(), await codeOf(who)),
  };
}

/** WeCom refuses the code with this errcode, once. */
function withErrcode(zh: string, en: string, errcode: number): Situation {
  return {
    zh,
    en,
    async run({ begin, comeBack }) {
      const state = await begin();
      const code = await codeOf(await someone());
      const fault = { kind: 'errcode', errcode, on: 'auth/getuserinfo', times: 1 };
      const { id } = await emulator<{ id: number }>('POST', 'faults', fault);
      try {
        await comeBack(state, code);
      } finally {
        await emulator('DELETE', `faults/${id}`);
      }
    },
  };
}

async function codeOf(who: Who): Promise<string> {
  const request = { ...who, redirectHost: location.host };
  return (await emulator<{ code: string }>('POST', 'codes', request)).code;
}

/** An active member. */
async function someone(): Promise<Who> {
  const { members } = await emulator<Company>('GET', 'company');
  const active = members.find(({ status }) => status === 1);
  if (active === undefined) throw new Error('the emulated company has no active member');
  return { userid: active.userid };
}
