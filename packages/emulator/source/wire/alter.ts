import type { Answer } from './answer.ts';
import type { Fault } from './faults.ts';

/** The answer with the changes that these faults make to its JSON body; headers stay as they are. */
export function alter(answer: Answer, faults: readonly Fault[]): Answer {
  const altering = faults.filter(({ kind }) => Object.hasOwn(ALTERATIONS, kind));
  // Only JSON has fields: a page or an empty 404 stays as it is.
  if (altering.length === 0 || answer.errcode === undefined) return answer;
  let body: unknown = JSON.parse(answer.body);
  for (const fault of altering) body = ALTERATIONS[fault.kind]?.(body, fault);
  const text = JSON.stringify(body);
  const isRaw = altering.some(({ kind }) => kind === 'control-characters');
  return { ...answer, body: isRaw ? withRawControls(text) : text };
}

type Alteration = (body: unknown, fault: Fault) => unknown;

const ALTERATIONS: { readonly [Kind in Fault['kind']]?: Alteration } = {
  'set-field': (body, { field, value }) => changedAt(body, pathOf(field), () => value),
  'remove-field': (body, { field }) => changedAt(body, pathOf(field), () => undefined),
  'control-characters': (body, { field, codes = ALL_CODES }) => {
    const controls = String.fromCharCode(...codes);
    return changedAt(body, pathOf(field), (value) =>
      withEach(value, (each) => (typeof each === 'string' ? withControls(each, controls) : each)),
    );
  },
  'numbers-as-text': (body, { field }) =>
    changedAt(body, pathOf(field), (value) =>
      withEach(value, (each) => (typeof each === 'number' ? String(each) : each)),
    ),
  'lists-as-items': (body, { field }) =>
    changedAt(body, pathOf(field), (value) =>
      withEach(value, (each) => (Array.isArray(each) && each.length === 1 ? each[0] : each)),
    ),
  padding: (body, { bytes = 16 * 1024 * 1024 }) =>
    isObject(body) ? { ...body, padding: 'x'.repeat(bytes) } : body,
  'tag-members': (body, { count = 0 }) =>
    isObject(body) && Array.isArray(body['userlist'])
      ? { ...body, userlist: listOf(body['userlist'], count) }
      : body,
};

const ALL_CODES = Array.from({ length: 32 }, (_, code) => code);

function pathOf(field = ''): string[] {
  return field === '' ? [] : field.split('.');
}

/**
 * A copy in which the value at the path is another; `undefined` removes it. A new value
 * makes the objects on its path that are missing; beyond the end of an array it becomes the last item.
 */
function changedAt(
  body: unknown,
  [name, ...rest]: readonly string[],
  change: (value: unknown) => unknown,
): unknown {
  if (name === undefined) return change(body);
  if (Array.isArray(body) && /^\d+$/.test(name)) {
    const at = Math.min(Number(name), body.length);
    const value = changedAt(body[at], rest, change);
    return body.toSpliced(at, 1, ...(value === undefined ? [] : [value]));
  }
  const kept = isObject(body) ? Object.entries(body) : [];
  const before = kept.find(([key]) => key === name);
  const value = changedAt(before?.[1], rest, change);
  if (value === undefined && before === undefined) return body;
  const entries = kept.map(([key, each]) => [key, key === name ? value : each] as const);
  // fromEntries makes an own property even of `__proto__`.
  return Object.fromEntries(before === undefined ? [...entries, [name, value]] : entries);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text with the characters after its first one. */
function withControls(text: string, controls: string): string {
  const [first = ''] = text.slice(0, 2);
  return first + controls + text.slice(first.length);
}

/** The value with everything in it changed, from the inside out; names of fields stay. */
function withEach(value: unknown, change: (each: unknown) => unknown): unknown {
  if (Array.isArray(value)) return change(value.map((each) => withEach(each, change)));
  if (!isObject(value)) return change(value);
  return change(
    Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withEach(each, change)])),
  );
}

const SHORT: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** JSON text with its control characters as raw bytes, which JSON forbids. */
function withRawControls(json: string): string {
  return json.replace(/\\(?:u00([01][0-9a-f])|(.))/g, (written, code?: string, short = '') =>
    code === undefined ? (SHORT[short] ?? written) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}

function listOf(members: readonly unknown[], count: number): unknown[] {
  return Array.from({ length: count }, (_, at) => {
    if (at < members.length) return members[at];
    const userid = `invented${String(at + 1).padStart(6, '0')}`;
    return { userid, name: userid };
  });
}
