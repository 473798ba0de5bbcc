import { describe, expect, it } from 'vitest';
import {
  applyEvent,
  type MemberSignOuts,
  type PersonChanges,
} from '../../../lib/callback/applyEvent.ts';
import type { KnownEvent } from '../../../lib/callback/event.ts';
import type { DirectoryChanges } from '../../../lib/directory/directoryChanges.ts';
import { createInvocation } from '../../harness/invocation.ts';

const ORIGIN = { id: 'the event', createdAt: 1_800_000_000_000, clockLagSeconds: 0 };

/**
 * Applies the event.
 *
 * @param due userids with pending work
 * @param failing the step that fails
 * @returns the steps that were done, in this order
 */
async function apply(event: KnownEvent, due: string[] = [], failing?: string) {
  const done: string[] = [];
  const step = async (name: string, about: unknown) => {
    if (name === failing) throw new Error(name);
    done.push(`${name} ${typeof about === 'object' ? JSON.stringify(about) : about}`);
  };
  const changes: DirectoryChanges = {
    memberLeft: (userid) => step('memberLeft', userid),
    memberDeleted: (userid) => step('memberDeleted', userid),
    memberChanged: (userid) => step('memberChanged', userid),
    departmentChanged: (id) => step('departmentChanged', id),
    tagChanged: (id) => step('tagChanged', id),
  };
  const persons: PersonChanges = {
    note: async (about) => {
      await step('note', about);
      return due;
    },
    handOver: (userids) => step('handOver', userids),
  };
  const signOuts: MemberSignOuts = {
    async subOf(userid) {
      if (failing === 'subOf') throw new Error('subOf');
      return `sub of ${userid}`;
    },
    handOver: (sub, isCertain) => step(isCertain ? 'signOut certain' : 'signOut', sub),
  };
  await applyEvent(event, changes, persons, signOuts, createInvocation()).catch((error: Error) => {
    done.push(`failed: ${error.message}`);
  });
  return done;
}

const note = (about: object) =>
  `note ${JSON.stringify({ ...about, createdAt: ORIGIN.createdAt, clockLagSeconds: 0 })}`;
const left = { ...ORIGIN, type: 'delete_user', userid: 'lisi' } as const;
const noteLeft = note({ kind: 'left', id: ORIGIN.id, userid: 'lisi' });

describe('an event about a member', () => {
  it.each<[KnownEvent, string[]]>([
    [{ ...ORIGIN, type: 'subscribe', userid: 'lisi' }, ['memberChanged lisi']],
    [
      { ...ORIGIN, type: 'unsubscribe', userid: 'lisi' },
      ['memberLeft lisi', 'signOut sub of lisi'],
    ],
    [left, [noteLeft, 'memberDeleted lisi', 'signOut certain sub of lisi']],
    [
      { ...ORIGIN, type: 'create_user', userid: 'lisi' },
      [note({ kind: 'created', id: ORIGIN.id, userid: 'lisi' }), 'memberChanged lisi'],
    ],
    [
      { ...ORIGIN, type: 'update_user', userid: 'lisi' },
      ['memberChanged lisi', 'signOut sub of lisi'],
    ],
    [
      { ...ORIGIN, type: 'update_user', userid: 'lisi', newUserid: 'li4' },
      [
        note({ kind: 'renamed', id: ORIGIN.id, userid: 'lisi', newUserid: 'li4' }),
        'memberChanged lisi',
        'memberChanged li4',
      ],
    ],
  ])('$type $newUserid records work, reads again and signs out', async (event, expected) => {
    expect(await apply(event)).toEqual(expected);
  });
});

describe('an event about a group', () => {
  it.each(['create_party', 'update_party', 'delete_party'] as const)(
    '%s reads the department again',
    async (type) => {
      expect(await apply({ ...ORIGIN, type, departmentId: 7 })).toEqual(['departmentChanged 7']);
    },
  );

  it('update_tag reads the tag again', async () => {
    expect(await apply({ ...ORIGIN, type: 'update_tag', tagId: 3 })).toEqual(['tagChanged 3']);
  });
});

describe("work on members' grants", () => {
  it('is handed over last', async () => {
    expect(await apply(left, ['lisi', 'li4'])).toEqual([
      noteLeft,
      'memberDeleted lisi',
      'signOut certain sub of lisi',
      'handOver ["lisi","li4"]',
    ]);
  });

  it.each([
    ['note', ['memberDeleted lisi', 'failed: note']],
    ['memberDeleted', [noteLeft, 'failed: memberDeleted']],
    ['subOf', [noteLeft, 'memberDeleted lisi', 'failed: subOf']],
    ['signOut certain', [noteLeft, 'memberDeleted lisi', 'failed: signOut certain']],
    [
      'handOver',
      [noteLeft, 'memberDeleted lisi', 'signOut certain sub of lisi', 'failed: handOver'],
    ],
  ])('is not handed over if %s fails, and the event fails with it', async (failing, expected) => {
    expect(await apply(left, ['lisi'], failing)).toEqual(expected);
  });
});
