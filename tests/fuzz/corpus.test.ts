import { describe, expect, it } from 'vitest';
import { inputsIn, keptIn, TARGETS } from './corpus.ts';
import type { Target } from './target.ts';

/* What fuzzing has found runs with every test. npm run fuzz looks for more. */

describe.each(TARGETS)('%s', (name) => {
  const inputs = inputsIn(keptIn(name));

  it('reads or refuses every input that fuzzing kept', async () => {
    const { default: target } = (await import(`./targets/${name}.ts`)) as { default: Target };
    expect(inputs.length).toBeGreaterThan(0);
    for (const input of [...target.seeds.map((text) => Buffer.from(text)), ...inputs]) {
      await target.run(input);
    }
  });

  it('has few and small inputs, so that all tests stay fast', () => {
    expect(inputs.length).toBeLessThanOrEqual(400);
    for (const input of inputs) expect(input.length).toBeLessThanOrEqual(4 * 1024);
  });
});
