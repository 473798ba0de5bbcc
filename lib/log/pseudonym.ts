import { createHmac } from 'node:crypto';
import { foldUserid } from '../wecom/userid.ts';

/**
 * What the log calls a member: the same on every line of a stage, and without the key it neither tells
 * the userid nor confirms a guess of it. docs/security.md says where the key comes from.
 *
 * @param key LOG_KEY of the functions' environment
 * @returns 128 bits in hexadecimal
 */
export function memberPseudonym(key: string, corpId: string, userid: string): string {
  const text = `${corpId}#${foldUserid(userid)}`;
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 32);
}
