import { stripVTControlCharacters } from 'node:util';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { logReader } from '../../local/functionLog.ts';

const TIME = '2026-03-01T10:20:30.400Z';

beforeAll(() => {
  vi.stubEnv('TZ', 'UTC');
});

function shown(entry: object, read = logReader()) {
  const line = read(JSON.stringify({ level: 'INFO', time: TIME, ...entry }));
  return line && stripVTControlCharacters(line);
}

describe('a line of a function’s log, for the person at the terminal', () => {
  it('says what was asked, how it ended and how long it took', () => {
    const entry = { status: 200, durationMilliseconds: 40, upstreamMilliseconds: 30 };
    expect(shown({ ...entry, route: 'POST /api/wecom/getUserInfo' })).toBe(
      '  10:20:30  POST /api/wecom/getUserInfo  200  40 ms, WeCom 30 ms',
    );
  });

  it('has the time of the terminal', () => {
    vi.stubEnv('TZ', 'Asia/Shanghai');
    expect(shown({ route: 'GET /x', status: 200 })).toBe('  18:20:30  GET /x  200');
    vi.stubEnv('TZ', 'UTC');
  });

  it('does not show that a part behind a request worked', () => {
    expect(shown({ function: 'publishEvents', status: 200 })).toBe('');
    expect(shown({ function: 'publishEvents', level: 'ERROR', status: 500 })).toContain('500');
  });

  it('names the errcode of a refusal, without advice: it is the visitor’s', () => {
    const entry = { route: 'POST /x', status: 401, errcode: 40029, advice: 'Start again.' };
    expect(shown(entry)).toBe('  10:20:30  POST /x  401  errcode 40029');
  });

  it('says of a failure what to do about it in both languages, and has the address to list', () => {
    const line = shown({
      level: 'ERROR',
      route: 'POST /x',
      status: 500,
      errcode: 60020,
      problem: 'WeCom answered errcode 60020',
      fromIp: '203.0.113.9',
      advice: 'Enter fromIp under 企业可信IP.',
      adviceZh: '把 fromIp 填入企业可信IP。',
    });
    expect(line?.split('\n')).toEqual([
      '  10:20:30  POST /x  500  errcode 60020  WeCom answered errcode 60020  fromIp 203.0.113.9',
      '    → 把 fromIp 填入企业可信IP。',
      '    → Enter fromIp under 企业可信IP.',
    ]);
  });

  it('says what is wrong with a program’s settings, and which program it is', () => {
    const line = shown({
      route: 'POST /oauth2/token',
      status: 401,
      fault: 'program',
      error: 'ERR_OPENID_REFUSED',
      refusal: 'invalid_client',
      client: 'grafana',
      problem: 'invalid secret provided',
      advice: 'Enter a new secret.',
    });
    expect(line?.split('\n')).toEqual([
      '  10:20:30  POST /oauth2/token  401  ERR_OPENID_REFUSED/invalid_client  client grafana  invalid secret provided',
      '    → Enter a new secret.',
    ]);
  });

  it('shows the id of a client that does not exist, without advice: anybody can send it', () => {
    const entry = { route: 'POST /x', status: 401, fault: 'visitor', error: 'ERR_OPENID_REFUSED' };
    const more = { refusal: 'invalid_client', unknownClient: 'grafna', advice: 'Compare it.' };
    expect(shown({ ...entry, ...more })).toBe(
      '  10:20:30  POST /x  401  ERR_OPENID_REFUSED/invalid_client  unknown client grafna',
    );
  });

  it('says until when the breaker is open, of which the line speaks', () => {
    const entry = { level: 'WARN', route: 'POST /x', message: 'open until openUntil' };
    expect(shown({ ...entry, openUntil: TIME })).toBe(
      `  10:20:30  POST /x  open until openUntil  openUntil ${TIME}`,
    );
  });

  it('gives a request the same advice once, and another request again', () => {
    const read = logReader();
    const entry = { level: 'ERROR', route: 'GET /x', errcode: 60020, advice: 'Enter it.' };
    expect(shown({ ...entry, requestId: 'a', message: 'WeCom refused' }, read)).toContain('Enter');
    const again = shown({ ...entry, requestId: 'a', status: 500, message: 'Ended' }, read);
    expect(again).toBe('  10:20:30  GET /x  500  errcode 60020');
    expect(shown({ ...entry, requestId: 'b', message: 'WeCom refused' }, read)).toContain('Enter');
  });

  it('lists every problem of a wrong environment', () => {
    const line = shown({
      level: 'ERROR',
      function: 'verify',
      status: 500,
      error: 'ERR_CONFIGURATION',
      problem: 'The environment of the function is wrong',
      problems: ['STAGE is missing', 'CACHE_TABLE is missing'],
    });
    expect(line).toContain('\n    STAGE is missing\n    CACHE_TABLE is missing');
  });

  it.each(['', 'Server ready: http://127.0.0.1:3001', 'null', '7', '{"message":"no level"}'])(
    'is not made of anything else: %j',
    (line) => {
      expect(logReader()(line)).toBeUndefined();
    },
  );
});
