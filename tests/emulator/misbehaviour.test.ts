import { Agent, request } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ROUTES } from '../../packages/emulator/source/api/routes.ts';
import type { FaultRequest } from '../../packages/emulator/source/wire/faults.ts';
import { type Emulator, emulator, signIn } from './emulator.ts';

/** The bytes of an answer, as text. */
async function textOf(wecom: Emulator, path: string, query: Record<string, string>) {
  const response = await fetch(`${wecom.url}/cgi-bin/${path}?${new URLSearchParams(query)}`);
  return await response.text();
}

/** user/get of user123, under one fault. */
async function askedWith(wecom: Emulator, ...faults: FaultRequest[]) {
  const access_token = await wecom.token();
  wecom.faults.clear();
  for (const fault of faults) wecom.faults.add({ on: 'user/get', ...fault });
  return await wecom.get('user/get', { access_token, userid: 'user123' });
}

describe('a field of an answer', () => {
  it('becomes any JSON value, at any endpoint', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ROUTES.keys()),
        fc.constantFrom('errcode', 'userid', 'department', 'a.b', 'a.0', '__proto__', ''),
        fc.jsonValue(),
        async (path, field, given) => {
          const value: unknown = JSON.parse(JSON.stringify(given));
          wecom.faults.clear();
          wecom.faults.add({ kind: 'set-field', on: path, field, value });
          const answer: unknown = JSON.parse(
            await textOf(wecom, path.replace('/cgi-bin/', ''), { access_token }),
          );
          expect(valueAt(answer, field)).toEqual(value);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is replaced inside lists and objects, and nothing else is', async () => {
    const wecom = await emulator();
    const real = await askedWith(wecom);
    expect(await askedWith(wecom, { kind: 'set-field', field: 'status', value: '1' })).toEqual({
      ...real,
      status: '1',
    });
    expect(
      await askedWith(wecom, { kind: 'set-field', field: 'department.0', value: null }),
    ).toEqual({ ...real, department: [null] });
    expect(await askedWith(wecom, { kind: 'set-field', field: 'department.9', value: 3 })).toEqual({
      ...real,
      department: [2, 3],
    });
    const name = { kind: 'set-field', field: 'extattr.attrs.0.name', value: '' } as const;
    expect(await askedWith(wecom, name)).toMatchObject({ extattr: { attrs: [{ name: '' }] } });
  });

  it('is missing, or was never there', async () => {
    const wecom = await emulator();
    const { status: _, ...rest } = await askedWith(wecom);
    expect(await askedWith(wecom, { kind: 'remove-field', field: 'status' })).toEqual(rest);
    const first = { kind: 'remove-field', field: 'department.0' } as const;
    expect(await askedWith(wecom, first)).toMatchObject({ department: [] });
    const real = await askedWith(wecom);
    for (const field of ['nothing', 'nothing.below', 'department.7', 'department.x']) {
      expect(await askedWith(wecom, { kind: 'remove-field', field })).toEqual(real);
    }
  });

  it('is altered in refusals too, beside other faults', async () => {
    const wecom = await emulator();
    const answer = await askedWith(
      wecom,
      { kind: 'errcode', errcode: 45009 },
      { kind: 'set-field', field: 'department', value: 'x' },
      { kind: 'remove-field', field: 'order' },
    );
    expect(answer).toMatchObject({ errcode: 45009, department: 'x' });
    expect(answer).not.toHaveProperty('order');
    expect(wecom.calls.list('user/get').at(-1)?.faults).toEqual([
      'errcode',
      'set-field',
      'remove-field',
    ]);
  });
});

describe('control characters', () => {
  it('stand raw inside every text, around which the answer is the real one', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const query = { access_token, userid: 'user123' };
    const real = await textOf(wecom, 'user/get', query);
    wecom.faults.add({ kind: 'control-characters' });
    const text = await textOf(wecom, 'user/get', query);
    for (let code = 0; code < 32; code += 1) expect(text).toContain(String.fromCharCode(code));
    expect(() => JSON.parse(text)).toThrow();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(text.replace(/[\x00-\x1f]/g, '')).toBe(real);
  });

  it('stand in one text if so told, whatever it begins with', async () => {
    const wecom = await emulator();
    wecom.administrator.update('user123', { name: '\u{1f600}\\n"' });
    const access_token = await wecom.token();
    wecom.faults.add({ kind: 'control-characters', field: 'name', codes: [8] });
    const text = await textOf(wecom, 'user/get', { access_token, userid: 'user123' });
    expect(text).toContain('"name":"\u{1f600}\b\\\\n\\""');
    expect(text.split('\b')).toHaveLength(2);
  });

  it('stand nowhere if that text is not there', async () => {
    const wecom = await emulator();
    const real = await askedWith(wecom);
    const fault = { kind: 'control-characters', field: 'nothing.below' } as const;
    expect(await askedWith(wecom, fault)).toEqual(real);
  });
});

describe('odd types', () => {
  it('make every number a text, or those of one field', async () => {
    const wecom = await emulator();
    expect(await askedWith(wecom, { kind: 'numbers-as-text' })).toMatchObject({
      errcode: '0',
      status: '1',
      department: ['2'],
      extattr: { attrs: [{ type: '0', text: { value: 'YF0123' } }] },
    });
    const one = { kind: 'numbers-as-text', field: 'department' } as const;
    expect(await askedWith(wecom, one)).toMatchObject({ status: 1, department: ['2'] });
  });

  it('make a list of one item that item, and leave longer lists', async () => {
    const wecom = await emulator();
    expect(await askedWith(wecom, { kind: 'lists-as-items' })).toMatchObject({
      department: 2,
      direct_leader: 'qianer',
      extattr: { attrs: { name: '工号' } },
    });
    wecom.administrator.update('user123', { department: [2, 6] });
    const two = { kind: 'lists-as-items', field: 'department' } as const;
    expect(await askedWith(wecom, two)).toMatchObject({
      department: [2, 6],
      direct_leader: ['qianer'],
    });
  });
});

describe('an answer about another member', () => {
  it('comes from user/get and auth/getuserdetail, and from nothing else', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    wecom.faults.add({ kind: 'other-member', userid: 'lisi' });
    const asked = await wecom.get('user/get', { access_token, userid: 'user123' });
    expect(asked).toMatchObject({ userid: 'lisi', name: '李四' });
    const { info, detail } = await signIn(wecom, {
      userid: 'user123',
      scope: 'snsapi_privateinfo',
    });
    expect(info).toMatchObject({ userid: 'user123' });
    expect(detail).toMatchObject({ userid: 'lisi', mobile: '13800138002' });
    expect(wecom.faults.list()).toMatchObject([{ hits: 2 }]);
  });

  it('may name somebody who is not in the company, and does not open what is closed', async () => {
    const wecom = await emulator();
    const fault = { kind: 'other-member', userid: 'nobody' } as const;
    expect(await askedWith(wecom, fault)).toMatchObject({ userid: 'nobody', name: '张三' });
    const access_token = await wecom.token();
    expect(await wecom.get('user/get', { access_token, userid: 'zhouba' })).toMatchObject({
      errcode: 60011,
    });
  });
});

describe('the size of an answer', () => {
  it('grows by as many bytes as are wanted, and the answer stays right', async () => {
    const wecom = await emulator();
    const real = await askedWith(wecom);
    const { padding, ...rest } = await askedWith(wecom, { kind: 'padding', bytes: 20_000_000 });
    expect(String(padding)).toHaveLength(20_000_000);
    expect(rest).toEqual(real);
  });

  it('is that of a tag with any number of members, the first ones real', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    for (const count of [0, 1, 150_000]) {
      wecom.faults.clear();
      wecom.faults.add({ kind: 'tag-members', count });
      const { userlist } = await wecom.get('tag/get', { access_token, tagid: 1 });
      const userids = (userlist as { userid: string }[]).map(({ userid }) => userid);
      expect(new Set(userids).size).toBe(count);
      expect(userids.slice(0, 2)).toEqual(['qianer', 'user123'].slice(0, count));
    }
  });
});

describe('an answer that does not come', () => {
  it('is waited for until the caller gives up, before or after the call took effect', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const hanging = async (code: string, after: boolean) => {
      wecom.faults.add({ kind: 'hang', on: 'auth/getuserinfo', times: 1, after });
      const calls = wecom.calls.count('auth/getuserinfo');
      const caller = new AbortController();
      const answer = textWith(wecom, access_token, code, caller.signal);
      while (wecom.calls.count('auth/getuserinfo') === calls) await new Promise(setImmediate);
      caller.abort();
      await expect(answer).rejects.toThrow('aborted');
      expect(wecom.calls.list('auth/getuserinfo').at(-1)).toMatchObject({ status: 0 });
    };
    for (const [after, errcode] of [
      [false, 0],
      [true, 40029],
    ] as const) {
      const code = wecom.codes.mint({ userid: 'user123' });
      await hanging(code, after);
      expect(await wecom.get('auth/getuserinfo', { access_token, code })).toMatchObject({
        errcode,
      });
    }
  });

  it('stops in the middle of its body', async () => {
    const wecom = await emulator();
    wecom.faults.add({ kind: 'stall' });
    const received = await new Promise<string>((resolve, reject) => {
      const call = request(`${wecom.url}/cgi-bin/gettoken`, (response) => {
        response.once('data', (half: Buffer) => {
          resolve(half.toString());
          call.destroy();
        });
      });
      call.on('error', reject).end();
    });
    expect(received).toMatch(/^\{"errcode":41004/);
    expect(received).not.toContain('}');
  });

  it('comes in pieces, over a time', async () => {
    const waits: number[] = [];
    const wecom = await emulator({
      delay: async (ms) => {
        waits.push(ms);
      },
    });
    wecom.faults.add({ kind: 'trickle', ms: 3_000 });
    const answer = await fetch(`${wecom.url}/cgi-bin/gettoken`);
    expect(await answer.json()).toMatchObject({ errcode: 41004 });
    expect(waits).toEqual(Array(10).fill(300));
  });

  it('is a reset on a connection that carried a call before, as on one that idled too long', async () => {
    const wecom = await emulator();
    wecom.faults.add({ kind: 'reset-reused', times: 1 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const call = () =>
      new Promise((resolve) => {
        const outgoing = request(`${wecom.url}/cgi-bin/gettoken`, { agent }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode));
        });
        outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code)).end();
      });
    expect([await call(), await call(), await call(), await call()]).toEqual([
      200,
      'ECONNRESET',
      200,
      200,
    ]);
    expect(wecom.calls.list().map(({ status }) => status)).toEqual([200, 0, 200, 200]);
  });

  it('ends with the emulator', async () => {
    const wecom = await emulator();
    wecom.faults.add({ kind: 'hang' });
    const answer = fetch(`${wecom.url}/cgi-bin/gettoken`).catch(() => 'closed');
    while (wecom.calls.count() === 0) await new Promise(setImmediate);
    await wecom.close();
    expect(await answer).toBe('closed');
  });
});

function textWith(wecom: Emulator, access_token: string, code: string, signal: AbortSignal) {
  const query = new URLSearchParams({ access_token, code });
  return fetch(`${wecom.url}/cgi-bin/auth/getuserinfo?${query}`, { signal });
}

describe('switches', () => {
  it('make every call take its time', async () => {
    const waits: number[] = [];
    const wecom = await emulator({
      callDurationMs: 250,
      delay: async (ms) => {
        waits.push(ms);
      },
    });
    const access_token = await wecom.token();
    await wecom.get('user/get', { access_token, userid: 'user123' });
    await fetch(`${wecom.url}/connect/oauth2/authorize`);
    expect(waits).toEqual([250, 250]);
  });

  it('move the clock that callers see, and no lifetime', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const call = () => fetch(`${wecom.url}/cgi-bin/user/get?access_token=${access_token}`);
    const second = (time: number) => String(Math.floor(time / 1000));
    for (const offset of [0, -7_200_000, 86_400_000]) {
      wecom.behaviour.clockOffsetMs = offset;
      const now = wecom.now() + offset;
      const answer = await call();
      expect(answer.headers.get('date')).toBe(new Date(now).toUTCString());
      expect(await answer.json()).toMatchObject({
        errcode: 41009,
        errmsg: expect.stringContaining(`hint: [${second(now)}`),
      });
    }
  });
});

describe('faults together', () => {
  it('break answers, never the emulator', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const field = fc.constantFrom('', 'userid', 'department', 'department.0', 'userlist.1.userid');
    const alteration = fc.oneof(
      fc.record({ kind: fc.constant('set-field' as const), field, value: fc.jsonValue() }),
      fc.record({ kind: fc.constant('control-characters' as const), field }),
      fc.constantFrom<FaultRequest>(
        { kind: 'remove-field', field: 'errcode' },
        { kind: 'padding', bytes: 9 },
        { kind: 'tag-members', count: 3 },
        { kind: 'other-member', userid: 'nobody' },
        { kind: 'errcode', errcode: -1 },
        { kind: 'errcode-as-string' },
        { kind: 'numbers-as-text' },
        { kind: 'lists-as-items' },
        { kind: 'trickle', ms: 0 },
        { kind: 'html', status: 504 },
        { kind: 'empty' },
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ROUTES.keys(), '/nothing', '/connect/oauth2/authorize'),
        fc.array(alteration, { maxLength: 5 }),
        async (path, faults) => {
          wecom.faults.clear();
          for (const fault of faults) wecom.faults.add(fault);
          const query = new URLSearchParams({ access_token, userid: 'user123', tagid: '1' });
          const { status } = await fetch(`${wecom.url}${path}?${query}`);
          expect([200, 404, 504]).toContain(status);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('faults that say too little or ask for too much', () => {
  it('are refused', async () => {
    const wecom = await emulator();
    for (const [fault, reason] of [
      [{ kind: 'set-field', field: 'status' }, 'needs a field and a value'],
      [{ kind: 'set-field', value: 1 }, 'needs a field and a value'],
      [{ kind: 'remove-field' }, 'needs a field'],
      [{ kind: 'remove-field', field: '' }, 'needs a field'],
      [{ kind: 'other-member' }, 'needs a userid'],
      [{ kind: 'tag-members' }, 'needs a count'],
      [{ kind: 'tag-members', count: 2_000_000 }, 'count must be'],
      [{ kind: 'padding', bytes: 2 ** 30 }, 'bytes must be'],
      [{ kind: 'slow', ms: 2 ** 31 }, 'ms must be'],
      [{ kind: 'control-characters', codes: [32] }, 'codes must be'],
      [{ kind: 'remove-field', field: 'a.'.repeat(100) }, 'names deep'],
      [{ kind: 'html', status: 99 }, 'status must be'],
    ] as const) {
      expect(() => wecom.faults.add(fault)).toThrow(reason);
    }
    expect(wecom.faults.list()).toEqual([]);
  });
});

function valueAt(value: unknown, field: string): unknown {
  if (field === '') return value;
  return field.split('.').reduce<unknown>((at, name) => {
    const entries = typeof at === 'object' && at !== null ? Object.entries(at) : [];
    return entries.find(([key]) => key === name)?.[1];
  }, value);
}
