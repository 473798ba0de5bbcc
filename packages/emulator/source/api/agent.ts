import { Refusal } from '../wire/errcodes.ts';
import type { Endpoint } from './endpoint.ts';
import { anotherAgent } from './rules.ts';

/**
 * GET agent/get (document 90227) of the token's own app. It returns only the first of the trusted domains.
 * `close` is always 0, because a disabled app is refused earlier.
 */
export const agentGet: Endpoint = {
  path: 'agent/get',
  document: 90227,
  method: 'GET',
  token: true,
  only: 'app',
  answer({ directory }, { query }, app) {
    const id = query.get('agentid') ?? '';
    if (id === '') throw new Refusal(41011);
    if (!/^\d{1,10}$/.test(id)) throw new Refusal(40056);
    if (directory.app(Number(id)) === undefined) throw new Refusal(40056);
    if (app.agentid !== Number(id))
      throw new Refusal(301002, anotherAgent(Number(id), app.agentid));
    const { users, parties, tags } = app.visible;
    return {
      agentid: app.agentid,
      name: app.name,
      square_logo_url: '',
      description: '',
      allow_userinfos: { user: users.map((userid) => ({ userid })) },
      allow_partys: { partyid: parties },
      allow_tags: { tagid: tags },
      close: 0,
      redirect_domain: app.trusted_domains[0] ?? '',
      report_location_flag: 0,
      isreportenter: 0,
      home_url: '',
    };
  },
};
