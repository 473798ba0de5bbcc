import * as v from 'valibot';
import type { App, LiveCompany } from '../directory/types.ts';
import type { Wecom } from '../wecom.ts';
import { setBehaviour } from './behaviour.ts';
import { defined } from './defined.ts';
import * as shapes from './shapes.ts';

/** One admin request: the parts of its path that the pattern left open, its query and its JSON body. */
export interface AdminCall {
  parts: string[];
  query: URLSearchParams;
  body: unknown;
}

export type AdminRoute = readonly [
  method: string,
  path: string,
  answer: (wecom: Wecom, call: AdminCall) => unknown,
];

/** Everything `Wecom` can do in its own process, by HTTP. `*` is one part of the path. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [
  ['GET', 'company', ({ company }) => withoutSecrets(company)],
  ['GET', 'apps', ({ company: { corpid, apps, webhooks = [] } }) => ({ corpid, apps, webhooks })],

  ['GET', 'messages', ({ messages }, { query }) => messages.list(query.get('userid') ?? undefined)],
  ['DELETE', 'messages', ({ messages }) => messages.clear()],

  ['GET', 'calls', ({ calls }, { query }) => calls.list(query.get('path') ?? undefined)],
  ['GET', 'calls/peak', ({ calls }, { query }) => ({ peak: calls.peak(query.get('path') ?? '') })],
  ['DELETE', 'calls', ({ calls }) => calls.clear()],

  ['GET', 'faults', ({ faults }) => faults.list()],
  [
    'POST',
    'faults',
    ({ faults }, { body }) => faults.add(defined(v.parse(shapes.faultRequest, body))),
  ],
  ['DELETE', 'faults', ({ faults }) => faults.clear()],
  ['DELETE', 'faults/*', ({ faults }, { parts }) => faults.clear(Number(parts[0]))],

  [
    'POST',
    'codes',
    ({ codes }, { body }) => ({ code: codes.mint(defined(v.parse(shapes.codeRequest, body))) }),
  ],
  [
    'POST',
    'tokens/revoke',
    ({ tokens }, { body }) => ({ revoked: tokens.revoke(v.parse(agentidOnly, body).agentid) }),
  ],
  [
    'POST',
    'tickets/revoke',
    ({ tickets }, { body }) => ({
      revoked: tickets.revoke(defined(v.parse(shapes.ticketsToRevoke, body))),
    }),
  ],
  [
    'POST',
    'bans',
    ({ bans }, { body }) => bans.ban(v.parse(v.strictObject({ ip: v.string() }), body).ip),
  ],
  ['DELETE', 'bans', ({ bans }) => bans.clear()],
  [
    'DELETE',
    'consents',
    ({ consents }, { query }) => consents.forget(query.get('userid') ?? undefined),
  ],

  ['GET', 'behaviour', ({ behaviour }) => behaviour],
  [
    'PATCH',
    'behaviour',
    ({ behaviour }, { body }) => setBehaviour(behaviour, v.parse(anyObject, body)),
  ],

  [
    'POST',
    'members',
    ({ administrator }, { body }) => {
      const given = defined(v.parse(shapes.newMember, body));
      const main_department = given.department[0] ?? 1;
      administrator.join({ main_department, position: '', status: 1, gender: '0', ...given });
    },
  ],
  [
    'POST',
    'members/*/rejoin',
    ({ administrator }, { parts, body }) =>
      administrator.rejoin(parts[0] ?? '', defined(v.parse(shapes.returningFields, body))),
  ],
  [
    'POST',
    'members/*/rename',
    ({ administrator }, { parts, body }) =>
      administrator.update(parts[0] ?? '', v.parse(shapes.renaming, body)),
  ],
  [
    'PATCH',
    'members/*',
    ({ administrator }, { parts, body }) =>
      administrator.update(parts[0] ?? '', defined(v.parse(shapes.memberChange, body))),
  ],
  ['DELETE', 'members/*', ({ administrator }, { parts }) => administrator.leave(parts[0] ?? '')],

  [
    'POST',
    'departments',
    ({ administrator }, { body }) => {
      const given = defined(v.parse(shapes.newDepartment, body));
      administrator.createDepartment({ department_leader: [], order: 0, ...given });
    },
  ],
  [
    'PATCH',
    'departments/*',
    ({ administrator }, { parts, body }) =>
      administrator.updateDepartment(
        Number(parts[0]),
        defined(v.parse(shapes.departmentChange, body)),
      ),
  ],
  [
    'DELETE',
    'departments/*',
    ({ administrator }, { parts }) => administrator.deleteDepartment(Number(parts[0])),
  ],

  [
    'POST',
    'tags',
    ({ administrator }, { body }) => administrator.createTag(v.parse(shapes.tag, body)),
  ],
  ['DELETE', 'tags/*', ({ administrator }, { parts }) => administrator.deleteTag(Number(parts[0]))],
  [
    'PATCH',
    'tags/*',
    ({ administrator }, { parts, body }) =>
      administrator.tag(Number(parts[0]), defined(v.parse(shapes.tagChange, body))),
  ],
  [
    'PATCH',
    'apps/*',
    ({ administrator }, { parts, body }) => {
      const { trusted_ips, ...rest } = v.parse(shapes.appChange, body);
      const addresses = trusted_ips === undefined ? {} : { trusted_ips: trusted_ips ?? undefined };
      administrator.updateApp(Number(parts[0]), { ...defined(rest), ...addresses } as Partial<App>);
    },
  ],

  [
    'GET',
    'callbacks',
    ({ callbacks }) => ({
      app: callbacks.target('app')?.url ?? null,
      contacts: callbacks.target('contacts')?.url ?? null,
    }),
  ],
  [
    'POST',
    'callbacks/events',
    ({ callbacks }, { body }) => ({
      deliveries: callbacks.send(defined(v.parse(shapes.eventRequest, body))),
    }),
  ],
  [
    'POST',
    'callbacks/xml',
    ({ callbacks }, { body }) => {
      const { channel: to, xml } = v.parse(shapes.xmlMessage, body);
      return { delivery: callbacks.sendXml(to, xml) };
    },
  ],
  ['POST', 'callbacks/hold', ({ callbacks }) => callbacks.hold()],
  [
    'POST',
    'callbacks/release',
    ({ callbacks }, { body }) => callbacks.release(v.parse(releaseOrder, body).order),
  ],
  [
    'PUT',
    'callbacks/*',
    ({ callbacks }, { parts, body }) =>
      callbacks.setTarget(channel(parts), defined(v.parse(shapes.callbackTarget, body))),
  ],
  [
    'DELETE',
    'callbacks/*',
    ({ callbacks }, { parts }) => callbacks.setTarget(channel(parts), undefined),
  ],
  ['POST', 'callbacks/*/verify', ({ callbacks }, { parts }) => callbacks.verify(channel(parts))],

  [
    'GET',
    'deliveries',
    async ({ callbacks }, { query }) => {
      if (query.has('settled')) await callbacks.settled();
      return callbacks.deliveries();
    },
  ],
  [
    'POST',
    'deliveries/*/resend',
    ({ callbacks }, { parts }) => ({ delivery: callbacks.resend(Number(parts[0])) }),
  ],
  ['DELETE', 'deliveries', ({ callbacks }) => callbacks.clearDeliveries()],
];

const agentidOnly = v.strictObject({ agentid: v.optional(v.number()) });
const anyObject = v.record(v.string(), v.unknown());
const releaseOrder = v.strictObject({
  order: v.optional(v.picklist(['given', 'reversed']), 'given'),
});

function channel(parts: string[]) {
  return v.parse(v.picklist(['app', 'contacts'], 'the channel is app or contacts'), parts[0]);
}

function withoutSecrets({ apps, webhooks = [], ...company }: LiveCompany) {
  return {
    ...company,
    apps: apps.map(({ secret: _, ...app }) => app),
    webhooks: webhooks.map(({ name }) => ({ name })),
  };
}
