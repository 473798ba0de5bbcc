import { WecomBadBody, WecomErrcode, WecomUnreadableAnswer } from './errors.ts';
import type { WecomAnswer } from './read.ts';

/**
 * Reads the text of an answer whose HTTP status is 200.
 *
 * @param secrets values of the request that must not reach a log in an errmsg
 * @returns an answer whose errcode is 0 or absent
 * @throws WecomErrcode for any other errcode
 * @throws WecomUnreadableAnswer for other JSON than an object with a readable errcode
 * @throws WecomBadBody for anything but JSON: it need not be from WeCom
 */
export async function readAnswer(
  api: string,
  text: string,
  secrets: readonly string[],
): Promise<WecomAnswer> {
  const answer = await parseObject(api, text);
  const errcode = errcodeOf(answer);
  if (errcode === 0) return answer;
  if (errcode === undefined)
    throw new WecomUnreadableAnswer('The errcode is not a number', { api });
  // Behind import(): the catalogue is long and a successful sign-in never needs it.
  const { errcodeEntry } = await import('./errcodes.ts');
  const { errmsg } = answer;
  const shown = typeof errmsg === 'string' ? withoutSecrets(errmsg, secrets) : '';
  throw new WecomErrcode(api, errcode, shown, errcodeEntry(errcode));
}

async function parseObject(api: string, text: string): Promise<WecomAnswer> {
  let answer: unknown;
  try {
    answer = await parse(text);
  } catch {
    // The parser's own message quotes the body, so it is dropped.
    throw new WecomBadBody('The answer is not JSON', { api, characters: text.length });
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new WecomUnreadableAnswer('The answer is not a JSON object', { api });
  }
  return answer as WecomAnswer;
}

async function parse(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    // Behind import(): hardly any answer needs it.
    const { parseJson } = await import('./json.ts');
    return parseJson(text);
  }
}

/** Some endpoints leave errcode out on success, and some proxies turn it into a string. */
function errcodeOf({ errcode = 0 }: WecomAnswer): number | undefined {
  const isNumeric = typeof errcode === 'string' || typeof errcode === 'number';
  // The longest that is documented has seven digits.
  return isNumeric && /^-?\d{1,9}$/.test(String(errcode)) ? Number(errcode) : undefined;
}

/** Shorter values are not replaced: they may be any word of an errmsg, and no secret is so short. */
const SHORTEST_SECRET = 6;
/** Shorter pieces of a secret are not replaced: they reveal nothing. */
const SHORTEST_PIECE = 8;

/**
 * Replaces the secrets of the request and pieces of them. Some errmsgs quote wrong parameters, whole or
 * cut, plain or percent-encoded.
 */
function withoutSecrets(errmsg: string, secrets: readonly string[]): string {
  const whole = secrets
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .reduce((text, secret) => text.replaceAll(secret, '…'), errmsg.slice(0, 4_000));
  return whole.replace(/[\w%+/~-]+/g, (word) => {
    const plain = decoded(word);
    const isPiece = plain.length >= SHORTEST_PIECE && secrets.some((one) => one.includes(plain));
    return isPiece ? '…' : word;
  });
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
