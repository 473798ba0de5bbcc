import type { Emulator } from '../api/endpoint.ts';
import type { Answer } from '../wire/answer.ts';
import { barred, type Person, personOf } from './person.ts';

/** Cookies ignore ports, so the name has to keep out of the way of whatever else runs on this host. */
const COOKIE = 'wecom_emulator_person';
const DAYS_30 = 30 * 86_400;

/** Whom this browser asked to be from now on; nobody if that person cannot sign in any more. */
export function rememberedPerson(emulator: Emulator, cookies = ''): Person | undefined {
  const value = cookies
    .split(';')
    .map((pair) => pair.trim().split('='))
    .find(([name]) => name === COOKIE)?.[1];
  if (value === undefined) return undefined;
  const person = personOf(emulator, decoded(value));
  return person !== undefined && barred(person) === undefined ? person : undefined;
}

export function rememberPerson(answer: Answer, who: string): Answer {
  const cookie = `${COOKIE}=${encodeURIComponent(who)}; Path=/; Max-Age=${DAYS_30}; HttpOnly; SameSite=Lax`;
  return { ...answer, headers: { ...answer.headers, 'Set-Cookie': cookie } };
}

export const FORGET_PERSON = `${COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`;

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}
