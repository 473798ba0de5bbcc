import { describe, expect, it } from 'vitest';
import { lazy, once } from '../../../lib/app/base.ts';

describe('what is made once', () => {
  it('is kept, and made anew only after making it failed', () => {
    let makes = 0;
    const get = once(() => {
      makes += 1;
      if (makes === 1) throw new Error('not yet');
      return { makes };
    });
    expect(get).toThrow('not yet');
    const made = get();
    expect(get()).toBe(made);
    expect(makes).toBe(2);
  });
});

describe('a lazy function', () => {
  it('is made at its first call, once for all calls at the same time', async () => {
    let makes = 0;
    const double = lazy(async () => {
      makes += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return async (number: number) => 2 * number;
    });
    expect(makes).toBe(0);
    expect(await Promise.all([1, 2, 3].map((each) => double(each)))).toEqual([2, 4, 6]);
    expect(await double(4)).toBe(8);
    expect(makes).toBe(1);
  });

  it.each([
    ['throws', true],
    ['rejects', false],
  ])(
    'throws what making it %s, to every caller, and is made anew for the next one',
    async (_how, sync) => {
      let makes = 0;
      const call = lazy(() => {
        makes += 1;
        if (makes > 1) return async () => 'made';
        if (sync) throw new Error('not yet');
        return Promise.reject(new Error('not yet'));
      });
      const first = await Promise.allSettled([call(), call()]);
      expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      expect(makes).toBe(1);
      expect(await call()).toBe('made');
    },
  );
});
