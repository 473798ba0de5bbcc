import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RecordedLine } from '../../../lib/permissions/audit.ts';
import { createGrantStore } from '../../../lib/permissions/grantStore.ts';
import { readPartition } from '../../../lib/permissions/partition.ts';
import { notePersonChange, type PersonEvent } from '../../../lib/permissions/personChange.ts';
import { settleGrants } from '../../../lib/permissions/settle.ts';
import { auditPartition, memberSubject } from '../../../lib/tableKeys.ts';
import { createManualClock } from '../../harness/manualClock.ts';
import { APP, startTables, type Tables } from '../../harness/tables.ts';

const { corpId } = APP;

let tables: Tables;
beforeEach(async () => {
  tables = await startTables();
  return tables.close;
});

type Step =
  | { readonly do: 'grant'; readonly who: number; readonly effect: 'allow' | 'deny' }
  | {
      readonly do: 'left' | 'created' | 'renamed';
      readonly who: number;
      readonly to: number;
      /** How long ago it happened. */
      readonly lateSeconds: number;
      /** How many runs of the work fail to publish. */
      readonly failures: number;
    };

const who = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('grant'), who, effect: fc.constantFrom('allow', 'deny') }),
  fc.record({
    do: fc.constantFrom('left', 'created', 'renamed'),
    who,
    to: who,
    lateSeconds: fc.nat({ max: 500 }),
    failures: fc.nat({ max: 2 }),
  }),
) as fc.Arbitrary<Step>;

/** @returns the ids of the published lines, and of the lines that the directory caused */
async function live(steps: readonly Step[], prefix: string) {
  const table = tables.permissions;
  const clock = createManualClock();
  const store = createGrantStore(table, corpId, async () => 'local:somebody', clock);
  const userids = ['a', 'b', 'c'].map((name) => prefix + name);
  const published = new Set<string>();

  for (const [at, each] of steps.entries()) {
    clock.time += 100_000;
    const userid = userids[each.who] ?? '';
    if (each.do === 'grant') {
      const subject = memberSubject(userid);
      const [before] = await store.read([{ subject, permission: 'access' }]);
      const after = { effect: each.effect };
      await store.change({ subject, permission: 'access', before, after });
      continue;
    }
    const createdAt = clock.time - each.lateSeconds * 1_000;
    const common = { id: `${prefix}${at}`, userid, createdAt };
    const event: PersonEvent =
      each.do === 'renamed'
        ? { ...common, kind: each.do, newUserid: userids[each.to] ?? '' }
        : { ...common, kind: each.do };
    const noted = await notePersonChange(table, corpId, event, clock.time);
    if (noted.length === 0) continue;
    let failures = each.failures;
    const publish = async (changes: readonly RecordedLine[]) => {
      if (failures-- > 0) throw new Error('away');
      for (const { id } of changes) published.add(id);
    };
    for (let isDone = false; !isDone; ) {
      clock.time += 10_000;
      isDone = await settleGrants(noted, { table, corpId, now: clock.now, publish }).then(
        () => true,
        (error: Error) => {
          expect(error.message).toBe('away');
          return false;
        },
      );
    }
  }
  const caused: string[] = [];
  for (const userid of userids) {
    const pk = auditPartition(corpId, memberSubject(userid));
    for (const { sk, by } of await readPartition(table, pk, { pages: 10 })) {
      if (by === 'directory') caused.push(String(sk).replace(/^.*#/, ''));
    }
  }
  return { published: [...published].sort(), caused: caused.sort() };
}

describe('the audit lines that the directory causes', () => {
  it('are all published, in whatever order events come and whichever run fails to publish', async () => {
    let runs = 0;
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 20 }),
      async (steps) => {
        const { published, caused } = await live(steps, `r${runs++}`);
        expect(published).toEqual(caused);
      },
    );
    // Ten runs on any machine, and more while there is time.
    await fc.assert(property, { numRuns: 10 });
    await fc.assert(property, { numRuns: 290, interruptAfterTimeLimit: 10_000 });
  }, 120_000);
});
