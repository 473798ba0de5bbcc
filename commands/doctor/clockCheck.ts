import { type Finding, failed, ok, unknown } from './finding.ts';
import type { Target } from './target.ts';

/** Callbacks are accepted for five minutes; half of that leaves room for their delivery. */
const MAX_DIFFERENCE_MS = 150_000;

const TIMEOUT_MS = 5_000;

/** Compares the clocks of this machine, the API and WeCom by the Date header of their responses. */
export async function checkClocks(target: Target, now: () => number): Promise<Finding[]> {
  const [apiAheadMs, wecomAheadMs] = await Promise.all([
    aheadMs(`${target.apiUrl}/.well-known/openid-configuration`, now),
    // Without an access_token: only the Date of the response is used.
    aheadMs(`${target.wecomApiBaseUrl}/cgi-bin/getcallbackip`, now),
  ]);
  if (apiAheadMs === undefined || wecomAheadMs === undefined) {
    return [unknown('clock', { en: 'the clocks cannot be compared', zh: '无法比较时钟' })];
  }
  const seconds = (ms: number) => `${Math.round(ms / 1_000)} s`;
  if (Math.abs(apiAheadMs - wecomAheadMs) > MAX_DIFFERENCE_MS) {
    return [
      failed(
        'clock',
        {
          en: `The API's clock and WeCom's differ by ${seconds(Math.abs(apiAheadMs - wecomAheadMs))}`,
          zh: `API 与企业微信的时钟相差 ${seconds(Math.abs(apiAheadMs - wecomAheadMs))}`,
        },
        {
          en: 'Set the clock of the machine that runs the API (AWS sets its own), or look for a proxy that returns an old Date.',
          zh: '校准运行 API 的机器的时钟（AWS 会自动校时），或检查是否有代理返回了过期的 Date。',
        },
      ),
    ];
  }
  if (Math.abs(apiAheadMs) > MAX_DIFFERENCE_MS) {
    return [
      failed(
        'clock',
        {
          en: `This machine's clock is ${seconds(Math.abs(apiAheadMs))} off: AWS refuses what it signs`,
          zh: `本机时钟偏差 ${seconds(Math.abs(apiAheadMs))}：AWS 会拒绝其签名`,
        },
        { en: 'Set the clock of this machine.', zh: '校准本机时钟。' },
        // gettoken is called under a lease that the functions share, and times by this clock.
        { stop: true },
      ),
    ];
  }
  return [ok('clock', { en: 'the clocks agree', zh: '时钟一致' })];
}

/** @returns how far a server's clock is ahead of ours; nothing without a readable Date header */
async function aheadMs(url: string, now: () => number): Promise<number | undefined> {
  try {
    const { headers } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const date = Date.parse(headers.get('date') ?? '');
    return Number.isNaN(date) ? undefined : date - now();
  } catch {
    return undefined;
  }
}
