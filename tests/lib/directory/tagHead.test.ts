import { describe, expect, it } from 'vitest';
import {
  headInMemory,
  listsMember,
  partOfMember,
  restoreHead,
  type StoredTag,
  storedTag,
  weightOf,
} from '../../../lib/directory/tagHead.ts';
import type { Item } from '../../../lib/dynamodb/item.ts';

const HOUR = 60 * 60_000;
const NOW = 1_800_000_000_000;

const members = (count: number) => Array.from({ length: count }, (_, at) => `user${at}`);
const tagOf = (userids: readonly string[], unreadable = 0) => ({
  userids,
  departments: [2, 7],
  unreadable,
});
const store = (count: number, seen?: Item) => storedTag(tagOf(members(count)), NOW, seen);
const itemOf = ({ attributes }: StoredTag, partsUntil?: number): Item => ({
  ...attributes,
  ...(partsUntil !== undefined && { partsUntil }),
});

/** Whether the stored tag lists the member, read as by another instance. */
async function lists(tag: StoredTag, member: string): Promise<boolean | undefined> {
  const head = restoreHead(itemOf(tag));
  if (head === undefined) return undefined;
  if ('members' in head) return head.members.has(member);
  const hash = partOfMember(head.parts, member);
  return listsMember(new Map(tag.missingParts).get(hash), hash, member);
}

describe('a stored tag', () => {
  it.each([0, 1, 200, 201, 401, 5_000])('of %i members lists them and no others', async (count) => {
    const tag = await store(count);
    for (const member of [...members(count).slice(0, 50), ...members(count).slice(-50)]) {
      expect(await lists(tag, member)).toBe(true);
    }
    for (const other of ['', 'user', `user${count}`, 'user0 ']) {
      expect(await lists(tag, other)).toBe(false);
    }
  });

  it('has its members in the head up to two hundred, and in parts from there on', async () => {
    expect((await store(200)).missingParts).toHaveLength(0);
    expect((await store(201)).missingParts).toHaveLength(2);
    expect((await store(400)).missingParts).toHaveLength(2);
    expect((await store(401)).missingParts).toHaveLength(4);
  });

  it('has its departments, and whether all entries could be read', async () => {
    for (const count of [1, 201]) {
      for (const unreadable of [0, 1]) {
        const tag = await storedTag(tagOf(members(count), unreadable), NOW, undefined);
        const read = { departments: [2, 7], complete: unreadable === 0 };
        expect(restoreHead(itemOf(tag))).toMatchObject(read);
        expect(tag.head).toMatchObject(read);
      }
    }
  });

  it('weighs one, and one for each member, part and department', async () => {
    expect(weightOf(headInMemory(tagOf([])))).toBe(3);
    expect(weightOf((await store(200)).head)).toBe(203);
    expect(weightOf((await store(401)).head)).toBe(7);
  });
});

describe('parts that are already stored', () => {
  it.each([
    ['after two hours, when the next head has expired: none is written', 2 * HOUR, 0],
    ['earlier: all are written again', 2 * HOUR - 1, 2],
    ['after eight hours and the clock skew: none is written', 8 * HOUR + 5 * 60_000, 0],
    ['later, which is a defect: all are written again', 8 * HOUR + 5 * 60_000 + 1, 2],
  ])('may be deleted %s', async (_, until, missing) => {
    const seen = itemOf(await store(300), NOW + until);
    const tag = await store(300, seen);
    expect(tag.missingParts).toHaveLength(missing);
    expect(tag.attributes['partsUntil']).toBe(NOW + (missing === 0 ? until : 8 * HOUR));
  });

  it('keep their expiry when one of them changes', async () => {
    const seen = itemOf(await store(300), NOW + 3 * HOUR);
    const tag = await storedTag(tagOf(members(301)), NOW, seen);
    expect(tag.missingParts).toHaveLength(1);
    expect(tag.attributes['partsUntil']).toBe(NOW + 3 * HOUR);
  });

  it.each([
    ['the end cannot be read', { partsUntil: 'tomorrow' }],
    ['the end is absent', { partsUntil: undefined }],
    ['their hashes cannot be read', { parts: 'x' }],
  ])('are written again where %s', async (_, part) => {
    const seen = { ...itemOf(await store(300), NOW + 3 * HOUR), ...part };
    expect((await store(300, seen)).missingParts).toHaveLength(2);
  });
});

describe('a part', () => {
  it('that is missing, damaged or another one gives no answer about the member', async () => {
    const { missingParts } = await store(300);
    const hash = partOfMember(
      missingParts.map(([part]) => part),
      'user1',
    );
    const text = new Map(missingParts).get(hash) ?? '';
    expect(await listsMember(text, hash, 'user1')).toBe(true);
    for (const damaged of [undefined, '', `${text}\nuser0`, text.slice(1), 7, true]) {
      expect(await listsMember(damaged, hash, 'user1')).toBeUndefined();
    }
  });
});

describe('a head', () => {
  const good: Item = { departments: [2], complete: true, userids: 'a\nb' };
  const hashes = (count: number) => 'h'.repeat(16 * count);

  it('in another form is not restored', () => {
    expect(restoreHead(good)).toEqual({
      departments: [2],
      complete: true,
      members: new Set(['a', 'b']),
    });
    for (const part of [
      { departments: undefined },
      { departments: 2 },
      { departments: ['2'] },
      { departments: [2, 1.5] },
      { complete: undefined },
      { complete: 'true' },
      { userids: undefined },
      { userids: ['a'] },
      { parts: hashes(2) },
      { userids: 7, parts: hashes(2) },
    ]) {
      expect(restoreHead({ ...good, ...part })).toBeUndefined();
    }
  });

  it.each([
    ['', undefined],
    ['h'.repeat(8), undefined],
    ['h'.repeat(15), undefined],
    ['h'.repeat(17), undefined],
    [hashes(3), undefined],
    [`${hashes(1)}${'*'.repeat(16)}`, undefined],
    [7, undefined],
    [hashes(1), 1],
    [hashes(2), 2],
    [hashes(4), 4],
  ])('is restored only if the number of its hashes is a power of two: %j', (parts, count) => {
    const head = restoreHead({ departments: [], complete: true, parts });
    expect(head && 'parts' in head ? head.parts.length : undefined).toBe(count);
  });
});
