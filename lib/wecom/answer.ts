import { WecomBadBody, WecomErrcode } from './errors.ts';

/** An answer whose errcode is 0 or absent. */
export type WecomAnswer = Record<string, unknown>;

/** Codes and tokens are far longer; what is shorter is an id, or a word that an errmsg may well use. */
const SHORTEST_SECRET = 16;

/**
 * What the text of an answer says.
 *
 * @param sent values of the request; where the errmsg quotes one that may be a secret, it is cut out
 * @throws WecomErrcode for an errcode other than 0
 * @throws WecomBadBody for what is not a JSON object with an errcode that can be read
 */
export async function readAnswer(
  api: string,
  text: string,
  sent: readonly string[],
): Promise<WecomAnswer> {
  const answer = parseObject(api, text);
  const errcode = errcodeOf(answer);
  if (errcode === 0) return answer;
  if (errcode === undefined) throw new WecomBadBody('The errcode is not a number', { api });
  // The catalogue is long and a sign-in that works never needs it.
  const { errcodeEntry } = await import('./errcodes.ts');
  const errmsg = withoutQuotes(String(answer['errmsg'] ?? ''), sent);
  throw new WecomErrcode(api, errcode, errmsg, errcodeEntry(errcode));
}

function parseObject(api: string, text: string): WecomAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body: dropped.
    throw new WecomBadBody('The answer is not JSON', { api, characters: text.length });
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new WecomBadBody('The answer is not a JSON object', { api });
  }
  return answer as WecomAnswer;
}

/** Some endpoints leave errcode out on success; proxies have been seen to quote it. */
function errcodeOf({ errcode = 0 }: WecomAnswer): number | undefined {
  if (typeof errcode === 'string' && /^-?\d{1,9}$/.test(errcode)) return Number(errcode);
  return Number.isInteger(errcode) ? (errcode as number) : undefined;
}

/** WeCom is known to quote a wrong userid; a token, a code or a ticket must not come into the log so. */
function withoutQuotes(errmsg: string, sent: readonly string[]): string {
  return sent
    .filter(({ length }) => length >= SHORTEST_SECRET)
    .reduce((text, value) => text.replaceAll(value, '…'), errmsg);
}
