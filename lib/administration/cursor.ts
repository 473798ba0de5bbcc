import type { Key } from '../dynamodb/table.ts';
import { corpPrefix } from '../tableKeys.ts';
import { InvalidInput } from './invalidInput.ts';

/** Where the next page of a list begins, as a program hands it back. */
export function writeCursor({ pk, sk = '' }: Key): string {
  return Buffer.from(JSON.stringify([pk, sk])).toString('base64url');
}

/** Longer than any key of ours. */
const MAX_CHARACTERS = 1_000;

/**
 * @param isOurs whether a page of this list can end there
 * @returns nothing for no cursor
 * @throws InvalidInput for a cursor of another list, and for a forged one that shows
 */
export function readCursor(
  text: string | undefined,
  corpId: string,
  isOurs: (key: { readonly pk: string; readonly sk: string }) => boolean,
): Key | undefined {
  if (text === undefined) return undefined;
  const key = text.length <= MAX_CHARACTERS ? keyOf(text) : undefined;
  if (key?.pk.startsWith(corpPrefix(corpId)) && isOurs(key)) return key;
  throw new InvalidInput({ zh: 'cursor 无效', en: 'The cursor is invalid' });
}

function keyOf(text: string): { readonly pk: string; readonly sk: string } | undefined {
  try {
    const [pk, sk] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    return typeof pk === 'string' && typeof sk === 'string' && pk && sk ? { pk, sk } : undefined;
  } catch {
    return undefined;
  }
}
