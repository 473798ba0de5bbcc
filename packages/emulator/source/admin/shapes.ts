import * as v from 'valibot';
import { SENSITIVE_FIELDS } from '../directory/types.ts';
import { FAULT_KINDS, type FaultKind } from '../wire/faults.ts';

/** What the admin endpoints accept: unknown keys are refused, so that a typing error does not pass in silence. */

const integer = v.pipe(v.number(), v.integer());
/** WeCom's numbers are unsigned, of 32 bits. */
const id = v.pipe(integer, v.minValue(0), v.maxValue(2 ** 32 - 1));
const ids = v.array(id);
const names = v.array(v.string());
const sensitiveField = v.picklist(SENSITIVE_FIELDS);

const member = {
  userid: v.pipe(v.string(), v.regex(/^[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}$/)),
  name: v.string(),
  department: v.pipe(ids, v.minLength(1)),
  main_department: id,
  position: v.string(),
  status: v.picklist([1, 2, 4, 5]),
  gender: v.picklist(['0', '1', '2']),
};
const optionalMember = {
  order: ids,
  is_leader_in_dept: ids,
  direct_leader: names,
  alias: v.string(),
  english_name: v.string(),
  telephone: v.string(),
  mobile: v.string(),
  email: v.string(),
  biz_mail: v.string(),
  address: v.string(),
  avatar: v.string(),
  qr_code: v.string(),
  unlicensed: v.boolean(),
  consents_to: v.array(sensitiveField),
  note: v.string(),
  note_en: v.string(),
  extattr: v.array(
    v.variant('type', [
      v.strictObject({
        type: v.literal(0),
        name: v.string(),
        text: v.strictObject({ value: v.string() }),
      }),
      v.strictObject({
        type: v.literal(1),
        name: v.string(),
        web: v.strictObject({ url: v.string(), title: v.string() }),
      }),
    ]),
  ),
};
export const memberChange = v.partial(v.strictObject({ ...member, ...optionalMember }));
/** A new member needs an id, a name and a department; the rest has defaults. */
export const newMember = v.strictObject({
  ...v.partial(v.object({ ...member, ...optionalMember })).entries,
  userid: member.userid,
  name: member.name,
  department: member.department,
});
/** What shall differ of a member who left and comes back. */
export const returningFields = v.partial(
  v.strictObject({ ...v.omit(v.object(member), ['userid']).entries, ...optionalMember }),
);
export const renaming = v.strictObject({ userid: member.userid });

const department = { name: v.string(), name_en: v.string(), department_leader: names, order: id };
export const departmentChange = v.partial(v.strictObject({ ...department, parentid: id }));
export const newDepartment = v.strictObject({
  ...v.partial(v.object(department)).entries,
  id,
  parentid: id,
});

export const tag = v.strictObject({
  tagid: id,
  tagname: v.string(),
  userlist: v.optional(names, []),
  partylist: v.optional(ids, []),
});
export const tagChange = v.partial(
  v.strictObject({ addUsers: names, delUsers: names, addParties: ids, delParties: ids }),
);

const app = {
  name: v.string(),
  secret: v.pipe(v.string(), v.nonEmpty()),
  created: v.pipe(v.string(), v.isoTimestamp()),
  enabled: v.boolean(),
  trusted_domains: names,
  web_login_domains: names,
  visible: v.strictObject({ users: names, parties: ids, tags: ids }),
  sensitive_fields: v.array(sensitiveField),
  miniprogram_appid: v.string(),
  customer_contact: v.boolean(),
  description: v.string(),
  home_url: v.string(),
};
export const appChange = v.partial(
  v.strictObject({
    ...app,
    /** null: any address may call. */
    trusted_ips: v.nullable(names),
  }),
);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
export const faultRequest = v.strictObject({
  kind: v.picklist(Object.keys(FAULT_KINDS) as FaultKind[]),
  on: v.optional(v.string()),
  times: v.optional(count),
  errcode: v.optional(integer),
  ms: v.optional(count),
  status: v.optional(count),
  bytes: v.optional(count),
  field: v.optional(v.string()),
  value: v.optional(v.unknown()),
  codes: v.optional(v.array(count)),
  userid: v.optional(v.string()),
  count: v.optional(count),
  after: v.optional(v.boolean()),
});

export const ticketsToRevoke = v.strictObject({
  kind: v.optional(v.picklist(['config', 'agent_config'])),
  agentid: v.optional(id),
});

export const codeRequest = v.partial(
  v.strictObject({
    userid: v.string(),
    visitor: v.string(),
    scope: v.picklist(['snsapi_base', 'snsapi_privateinfo']),
    agentid: id,
    redirectHost: v.string(),
    origin: v.picklist(['oauth2', 'wwlogin', 'qrConnect', 'miniprogram', 'tfa']),
    fields: v.array(sensitiveField),
  }),
);

export const eventRequest = v.strictObject({
  event: v.picklist(['create_user', 'update_user', 'delete_user', 'subscribe', 'unsubscribe']),
  userid: v.string(),
  newUserid: v.optional(v.string()),
  department: v.optional(v.pipe(ids, v.minLength(1))),
  createTime: v.optional(count),
  agentid: v.optional(id),
});

export const xmlMessage = v.strictObject({
  channel: v.picklist(['app', 'contacts']),
  xml: v.pipe(v.string(), v.nonEmpty()),
});

export const callbackTarget = v.strictObject({
  url: v.pipe(v.string(), v.regex(/^https?:\/\//)),
  token: v.pipe(v.string(), v.regex(/^[0-9A-Za-z]{1,32}$/)),
  encodingAESKey: v.pipe(v.string(), v.regex(/^[0-9A-Za-z]{43}$/)),
  agentid: v.optional(id),
});

const visitor = {
  id: v.string(),
  name: v.string(),
  note: v.optional(v.string()),
  note_en: v.optional(v.string()),
};

/** A company from a file. Only `corpid`, `apps` and `members` are needed; the rest has defaults. */
export const company = v.strictObject({
  corpid: v.pipe(v.string(), v.nonEmpty()),
  name: v.optional(v.string()),
  departments: v.optional(v.array(newDepartment)),
  tags: v.optional(v.array(tag), []),
  members: v.array(newMember),
  visitors: v.optional(
    v.array(
      v.variant('kind', [
        v.strictObject({ ...visitor, kind: v.literal('stranger'), openid: v.string() }),
        v.strictObject({
          ...visitor,
          kind: v.literal('customer'),
          openid: v.string(),
          external_userid: v.string(),
          follower: v.string(),
        }),
        v.strictObject({
          ...visitor,
          kind: v.literal('linked'),
          corpid: v.string(),
          userid: v.string(),
        }),
      ]),
    ),
    [],
  ),
  webhooks: v.optional(v.array(v.strictObject({ key: v.string(), name: v.string() })), []),
  apps: v.pipe(
    v.array(
      v.strictObject({
        ...v.partial(v.object(app)).entries,
        secret: app.secret,
        agentid: id,
        kind: v.optional(v.picklist(['app', 'contacts-sync']), 'app'),
        trusted_ips: v.optional(names),
      }),
    ),
    v.check((apps) => apps.some(({ kind }) => kind === 'app'), 'there must be an app'),
  ),
  api_domain_ips: v.optional(names),
  callback_ips: v.optional(names),
});
