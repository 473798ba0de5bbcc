import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { departmentsUpward } from '../../../lib/directory/departmentsUpward.ts';

/** From a table of parents; departments that are not in it show none. */
function upward(own: readonly number[], parents: Record<number, number>): Promise<number[]> {
  return departmentsUpward(own, async (id) => parents[id]);
}

describe('the departments upward', () => {
  it('are the own ones and all above them, the nearest first, each once', async () => {
    const parents = { 5: 4, 4: 3, 3: 2, 2: 1, 1: 0, 8: 7, 7: 1 };
    expect(await upward([5], parents)).toEqual([5, 4, 3, 2, 1]);
    expect(await upward([5, 8], parents)).toEqual([5, 8, 4, 7, 3, 1, 2]);
    expect(await upward([2, 5, 2], parents)).toEqual([2, 5, 1, 4, 3]);
  });

  it('of nothing are nothing', async () => {
    expect(await upward([], {})).toEqual([]);
  });

  it('end at a department whose parent cannot be seen', async () => {
    expect(await upward([4], { 4: 3 })).toEqual([4, 3]);
  });

  it('end where a circle closes', async () => {
    expect(await upward([1], { 1: 1 })).toEqual([1]);
    expect(await upward([3], { 3: 2, 2: 1, 1: 3 })).toEqual([3, 2, 1]);
  });

  it('end after fifty levels of what no company can have', async () => {
    expect(await departmentsUpward([1], async (id) => id + 1)).toHaveLength(50);
  });

  it('are asked ten at a time', async () => {
    let asking = 0;
    let most = 0;
    await departmentsUpward(
      Array.from({ length: 25 }, (_, at) => at + 1),
      async () => {
        asking += 1;
        most = Math.max(most, asking);
        await new Promise((resolve) => setImmediate(resolve));
        asking -= 1;
        return 0;
      },
    );
    expect(most).toBe(10);
  });

  it('of any graph come to an end, hold the own ones and are closed under parents', async () => {
    const id = fc.integer({ min: 1, max: 12 });
    const graph = fc.dictionary(id.map(String), fc.integer({ min: 0, max: 12 }));
    await fc.assert(
      fc.asyncProperty(fc.array(id), graph, async (own, parents) => {
        const found = await upward(own, parents);
        expect(new Set(found).size).toBe(found.length);
        for (const each of own) expect(found).toContain(each);
        for (const each of found) {
          const parent = parents[each];
          if (parent) expect(found).toContain(parent);
        }
      }),
    );
  });

  it('cannot be had when a department cannot be asked about', async () => {
    const refuse = async () => {
      throw new Error('WeCom is down');
    };
    await expect(departmentsUpward([1], refuse)).rejects.toThrow('WeCom is down');
  });
});
