import type { App } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { AppEndpoint } from './endpoint.ts';
import { checkMedia } from './messageContent.ts';
import { checkAgentid, lengthOf, text } from './parameters.ts';

/**
 * GET agent/get (document 90227) of the token's own app. It returns only the first of the trusted domains.
 * `close` is always 0, because a disabled app is refused earlier.
 */
export const agentGet: AppEndpoint = {
  path: 'agent/get',
  document: 90227,
  method: 'GET',
  token: true,
  only: 'app',
  answer(emulator, { query }, app) {
    checkAgentid(emulator, app, query.get('agentid'));
    const { users, parties, tags } = app.visible;
    return {
      agentid: app.agentid,
      name: app.name,
      square_logo_url: app.square_logo_url ?? '',
      description: app.description ?? '',
      allow_userinfos: { user: users.map((userid) => ({ userid })) },
      allow_partys: { partyid: parties },
      allow_tags: { tagid: tags },
      close: 0,
      redirect_domain: app.trusted_domains[0] ?? '',
      report_location_flag: app.report_location_flag ?? 0,
      isreportenter: app.isreportenter ?? 0,
      home_url: app.home_url ?? '',
    };
  },
};

/** GET agent/list (document 90227): a secret has one app, so the list has one entry. */
export const agentList: AppEndpoint = {
  path: 'agent/list',
  document: 90227,
  method: 'GET',
  token: true,
  only: 'app',
  answer: (_emulator, _call, { agentid, name, square_logo_url = '' }) => ({
    agentlist: [{ agentid, name, square_logo_url }],
  }),
};

/**
 * POST agent/set (document 90228) of the token's own app. The emulator keeps further trusted domains, which
 * a real app does not have: the new one becomes the first.
 */
export const agentSet: AppEndpoint = {
  path: 'agent/set',
  document: 90228,
  method: 'POST',
  token: true,
  only: 'app',
  answer(emulator, { body }, app) {
    checkAgentid(emulator, app, body['agentid']);
    const { name, description, redirect_domain, home_url, logo_mediaid } = body;
    const changes: Partial<App> = {};
    if (name !== undefined) {
      if (!within(name, 1, 32)) throw new Refusal(45022);
      changes.name = text(name);
    }
    if (description !== undefined) {
      if (!within(description, 4, 120)) throw new Refusal(45004);
      changes.description = text(description);
    }
    if (redirect_domain !== undefined) {
      // Neither an address nor a port (document 90313).
      if (!/^(?!\d+(?:\.\d+){3}$)[\w-]+(?:\.[\w-]+)+$/.test(text(redirect_domain))) {
        throw new Refusal(80001);
      }
      const others = app.trusted_domains.filter((domain) => domain !== redirect_domain);
      changes.trusted_domains = [text(redirect_domain), ...others];
    }
    if (home_url !== undefined) {
      if (!/^https?:\/\//i.test(text(home_url))) throw new Refusal(40094);
      changes.home_url = text(home_url);
    }
    for (const flag of ['report_location_flag', 'isreportenter'] as const) {
      const value = body[flag];
      if (value === undefined) continue;
      if (value !== 0 && value !== 1) throw new Refusal(40059);
      changes[flag] = value;
    }
    if (logo_mediaid !== undefined) {
      checkMedia(emulator, logo_mediaid, 'image');
      changes.square_logo_url = `https://wework.qpic.cn/wwpic/emulator_${text(logo_mediaid)}/0`;
    }
    emulator.administratorFor(app).updateApp(app.agentid, changes);
    return {};
  },
};

function within(value: unknown, min: number, max: number): boolean {
  const length = lengthOf(text(value));
  return length >= min && length <= max;
}
