import { type Finding, failed, ok, unknown } from './finding.ts';
import type { Place } from './place.ts';

/** Callbacks are taken for five minutes; half of that leaves room for their way. */
const MOST = 150_000;

/** Compares the clocks of this machine, of the API and of WeCom, by the Date of their answers. */
export async function checkClocks(place: Place, now: () => number): Promise<Finding[]> {
  const asked = await Promise.all([
    ahead(`${place.apiUrl}/.well-known/openid-configuration`, now),
    // Without a token: an answer is all that is wanted.
    ahead(`${place.wecomApiBaseUrl}/cgi-bin/getcallbackip`, now),
  ]);
  const [api, wecom] = asked;
  if (api === undefined || wecom === undefined) {
    return [unknown('clock', 'the clocks cannot be compared', '无法比较时钟')];
  }
  const seconds = (milliseconds: number) => `${Math.round(milliseconds / 1_000)} s`;
  if (Math.abs(api - wecom) > MOST) {
    return [
      failed(
        'clock',
        {
          en: `The API's clock and WeCom's differ by ${seconds(Math.abs(api - wecom))}`,
          zh: `API 与企业微信的时钟相差 ${seconds(Math.abs(api - wecom))}`,
        },
        {
          en: 'Set the clock of the machine that runs the API (AWS keeps its own), or look for a proxy that answers with an old Date.',
          zh: '校准运行 API 的机器的时钟（AWS 会自动校时），或检查是否有代理返回了过期的 Date。',
        },
      ),
    ];
  }
  if (Math.abs(api) > MOST) {
    return [
      failed(
        'clock',
        {
          en: `This machine's clock is ${seconds(Math.abs(api))} off: AWS refuses what it signs`,
          zh: `本机时钟偏差 ${seconds(Math.abs(api))}：AWS 会拒绝其签名`,
        },
        { en: 'Set the clock of this machine.', zh: '校准本机时钟。' },
      ),
    ];
  }
  return [ok('clock', 'the clocks agree', '时钟一致')];
}

/** How far a server's clock is ahead of ours, in milliseconds; nothing when it does not say. */
async function ahead(url: string, now: () => number): Promise<number | undefined> {
  try {
    const { headers } = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    const date = Date.parse(headers.get('date') ?? '');
    return Number.isNaN(date) ? undefined : date - now();
  } catch {
    return undefined;
  }
}
