import type { App } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { Emulator } from './endpoint.ts';
import { anotherAgent } from './rules.ts';

/** A userid: 1 to 64 of these, the first alphanumeric (document 90195). */
export const USERID = /^[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}$/;

/** The text, or nothing for another type. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A whole number of at most 32 bits, also written as a string; nothing for anything else. */
export function uint32(value: unknown): number | undefined {
  if (typeof value === 'string' && !/^\d{1,10}$/.test(value)) return undefined;
  const number = typeof value === 'string' ? Number(value) : value;
  return Number.isInteger(number) && Number(number) >= 0 && Number(number) < 2 ** 32
    ? Number(number)
    : undefined;
}

export function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Bytes in UTF-8, which WeCom's limits mostly count. */
export function bytesOf(value: string): number {
  return Buffer.byteLength(value);
}

/** As WeCom counts characters: a Chinese one is one. */
export function lengthOf(value: string): number {
  return [...value].length;
}

/** Refuses an agentid that is missing, none, or of another app than the token's. */
export function checkAgentid({ directory }: Emulator, app: App, value: unknown): void {
  if (value === undefined || value === null || value === '') throw new Refusal(41011);
  const agentid = uint32(value);
  if (agentid === undefined || directory.app(agentid) === undefined) throw new Refusal(40056);
  if (agentid !== app.agentid) throw new Refusal(301002, anotherAgent(agentid, app.agentid));
}
