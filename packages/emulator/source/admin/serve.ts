import type { consoleServer } from '../console/serve.ts';
import { FORGET_PERSON } from '../pages/rememberedPerson.ts';
import type { Wecom } from '../wecom.ts';
import { type Answer, htmlAnswer } from '../wire/answer.ts';
import type { Incoming } from '../wire/request.ts';
import { explained } from './explained.ts';
import { ADMIN_ROUTES, type AdminCall } from './routes.ts';

/** Where the emulator's own endpoints begin; WeCom has nothing there. */
export const ADMIN_ROOT = '/__admin';

/** The names that a browser on this machine reaches the emulator by. */
const THIS_MACHINE = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Answers one admin request with JSON; 400 with `{"error": …}` for an invalid one.
 *
 * @param hosts further names, without a port, that the emulator may be reached by
 */
export async function serveAdmin(
  wecom: Wecom,
  showConsole: ReturnType<typeof consoleServer>,
  hosts: readonly string[],
  incoming: Incoming,
): Promise<Answer> {
  const { method, path, headers, scheme } = incoming;
  // A page of another site must not control the emulator through a browser, or read its secrets by a
  // name that was rebound to this machine.
  const name = (headers.host ?? '').toLowerCase().replace(/:\d{1,5}$/, '');
  const isKnown = [...THIS_MACHINE, ...hosts].some((host) => host.toLowerCase() === name);
  if (!isKnown) {
    const error = `only ${THIS_MACHINE.join(', ')} may be used here; for other names, start with --admin-host <name>`;
    return json(403, { error });
  }
  const own = `${scheme}://${headers.host}`;
  if ((headers.origin ?? own) !== own) {
    return json(403, { error: 'requests from other origins are refused' });
  }
  if (path === ADMIN_ROOT) return htmlAnswer(302, '', { Location: `${ADMIN_ROOT}/` });
  const rest = path.slice(ADMIN_ROOT.length + 1);
  const page = await showConsole(incoming);
  if (page !== undefined) return page;
  if (rest === 'forget' && method === 'POST') {
    return htmlAnswer(303, '', { Location: `${ADMIN_ROOT}/`, 'Set-Cookie': FORGET_PERSON });
  }
  if (rest === 'forget-consents' && method === 'POST') {
    wecom.consents.forget();
    return htmlAnswer(303, '', { Location: `${ADMIN_ROOT}/` });
  }
  return await answer(wecom, method, rest, incoming);
}

async function answer(
  wecom: Wecom,
  method: string,
  path: string,
  { query, body }: Incoming,
): Promise<Answer> {
  for (const [wanted, pattern, handler] of ADMIN_ROUTES) {
    const parts = matched(pattern, path);
    if (wanted !== method || parts === undefined) continue;
    try {
      const call: AdminCall = { parts, query, body: body === '' ? {} : JSON.parse(body) };
      return json(200, (await handler(wecom, call)) ?? { ok: true });
    } catch (error) {
      return json(400, { error: explained(error) });
    }
  }
  return json(404, { error: `no ${method} ${ADMIN_ROOT}/${path}` });
}

/** The decoded parts that stand for each `*`, or undefined where the path is another. */
function matched(pattern: string, path: string): string[] | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const parts: string[] = [];
  for (const [at, part] of given.entries()) {
    if (wanted[at] === '*') parts.push(safelyDecoded(part));
    else if (wanted[at] !== part) return undefined;
  }
  return parts;
}

function safelyDecoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function json(status: number, body: unknown): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json; charset=UTF-8', 'Cache-Control': 'no-store' },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}
