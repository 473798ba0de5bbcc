import { Impossible } from '../directory/impossible.ts';
import { type Behaviour, DEFAULT_BEHAVIOUR } from '../options.ts';

/** The values of the switches that are neither numbers nor booleans. */
export const CHOICES: { readonly [Name in keyof Behaviour]?: readonly Behaviour[Name][] } = {
  repeatGettoken: ['same', 'new'],
  repeatExpiresIn: ['remaining', 'full'],
  expiredTokenErrcode: [42001, 40014],
  banCovers: ['everything', 'gettoken'],
  withheldField: ['absent', 'empty'],
  withheldAvatar: ['default', 'absent'],
  invisibleMemberErrcode: [60011, 60111],
  unknownDepartmentErrcode: [60123, 60003, 60011],
  invisibleDepartmentErrcode: [60011, 60123, 60003],
  memberDepartments: ['visible', 'all'],
  departmentZero: ['all', 'unknown'],
  fetchChild: ['followed', 'ignored'],
  postToGetErrcode: [0, 43001, 40058],
  newMemberDepartment: ['created', 'refused'],
  foreignTagErrcode: [81011, 60011],
  extendedFileName: ['ignored', 'read'],
  userinfoScope: ['base', 'error'],
  privateinfoWithoutAgentid: ['error', 'base'],
  oauthRefusal: ['state', 'stay'],
  webLoginRefusal: ['state', 'stay'],
  contactsForm: ['reduced', 'full'],
  callbackRetryEnvelope: ['same', 'fresh'],
  callbackDamage: ['none', 'signature', 'corpid', 'padding'],
};

/** Sets switches by name, all or none; throws a sentence for an unknown name or value. */
export function setBehaviour(behaviour: Behaviour, changes: Record<string, unknown>): void {
  const checked = Object.entries(changes).map(([name, value]) => [name, valid(name, value)]);
  Object.assign(behaviour, Object.fromEntries(checked));
}

/** Reads `name=value` as the command line has it: numbers and booleans as such. */
export function parseBehaviour(text: string): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`"${text}" is not of the form name=value`);
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (value === 'true' || value === 'false') return { [name]: value === 'true' };
  return { [name]: /^-?\d+$/.test(value) ? Number(value) : value };
}

/** The longest delay of setTimeout. */
const MAX_WAIT_MS = 2 ** 31 - 1;
/** A hundred years: dates stay dates. */
const MAX_OFFSET_MS = 100 * 365 * 86_400_000;

/** What is made so often or so long that more would end the emulator. */
const LIMITS: { readonly [Name in keyof Behaviour]?: [min: number, max: number] } = {
  tokenLength: [1, 100_000],
  callbackCopies: [0, 1_000],
  callbackPadding: [0, 32],
  callbackRetries: [0, 1_000],
};

/** The numbers a switch takes: not negative, except for an offset. */
function bounds(name: keyof Behaviour): [min: number, max: number] {
  const limits = LIMITS[name];
  if (limits !== undefined) return limits;
  if (name === 'clockOffsetMs') return [-MAX_OFFSET_MS, MAX_OFFSET_MS];
  return [0, name.endsWith('Ms') ? MAX_WAIT_MS : Number.MAX_SAFE_INTEGER];
}

function valid(name: string, value: unknown): unknown {
  if (!Object.hasOwn(DEFAULT_BEHAVIOUR, name)) {
    const known = Object.keys(DEFAULT_BEHAVIOUR).join(', ');
    throw new Impossible(
      `no switch named ${name}; there are ${known}`,
      `没有开关 ${name}；可用的有 ${known}`,
    );
  }
  const key = name as keyof Behaviour;
  const choices: readonly unknown[] | undefined = CHOICES[key];
  if (choices !== undefined) {
    if (choices.includes(value)) return value;
    const list = choices.join(', ');
    throw new Impossible(`${name} is one of ${list}`, `${name} 的值为 ${list} 之一`);
  }
  const wanted = typeof DEFAULT_BEHAVIOUR[key];
  if (typeof value !== wanted) {
    throw new Impossible(`${name} must be a ${wanted}`, `${name} 的类型必须是 ${wanted}`);
  }
  const [min, max] = bounds(key);
  if (typeof value === 'number' && !(value >= min && value <= max)) {
    throw new Impossible(
      `${name} must be a number from ${min} to ${max}`,
      `${name} 必须是 ${min} 到 ${max} 之间的数`,
    );
  }
  return value;
}
