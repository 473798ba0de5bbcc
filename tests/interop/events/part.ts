import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EVENT_TYPES } from '../../../lib/events/event.ts';
import type { BusEvent } from '../../../local/eventBridge/entries.ts';
import type { Started } from '../../relyingParties/provider.ts';
import type { Part } from '../part.ts';
import { type Case, compareOutcomes, type Program, tryPrograms } from '../program.ts';
import { portOf, stack } from '../stack.ts';
import { installPython, missingPython, pinnedVersion, printedBy, runProgram } from '../tools.ts';

const EVENTS_TIMEOUT_MS = 30_000;
const PAUSE_MS = 200;

const VALIDATOR: Program = {
  name: 'jsonschema (Python)',
  version: pinnedVersion('python/requirements.txt', /^jsonschema==(.+)$/m),
  missing: missingPython,
  install: () => installPython('python'),
};

interface EventCase extends Case {
  readonly event: BusEvent;
}

export const events: Part = {
  name: 'events',
  title: { en: 'Events', zh: '事件' },
  did: {
    en: 'finds an event of each type on the bus valid by its schema in `docs/schemas/`, and altered ones invalid',
    zh: '用 `docs/schemas/` 中的 schema 判定总线上每种类型的事件有效，并判定被改动的事件无效',
  },
  async run(options) {
    const cases = (await eventsOfAllTypes(await stack())).flatMap(casesOf);
    const schemas = Object.fromEntries(
      EVENT_TYPES.map((type) => [type, JSON.parse(schemaOf(type))]),
    );
    const input = JSON.stringify({
      schemas,
      cases: cases.map(({ name, event }) => ({ name, event })),
    });
    return tryPrograms([VALIDATOR], options, async (_, directory) => {
      const python = join(directory, 'venv/bin/python');
      const program = join(import.meta.dirname, 'validate.py');
      const ended = await runProgram(python, [program], { input });
      return compareOutcomes(cases, printedBy(ended));
    });
  },
};

const schemaOf = (type: string) => readFileSync(`docs/schemas/events/${type}.json`, 'utf8');

/** Lets a member join, sign in, get another userid and leave. @returns the newest event of each type */
async function eventsOfAllTypes(provider: Started): Promise<BusEvent[]> {
  // Also grants a permission.
  await provider.join('newcomer');
  await provider.signIn('newcomer');
  await provider.rename('newcomer', 'new.name');
  await provider.leave('new.name');
  const bus = `http://127.0.0.1:${portOf(provider, 505)}/__events`;
  const deadline = Date.now() + EVENTS_TIMEOUT_MS;
  for (;;) {
    const all: BusEvent[] = await (await fetch(bus)).json();
    const newest = EVENT_TYPES.map((type) => all.findLast((each) => each['detail-type'] === type));
    const found = newest.filter((each) => each !== undefined);
    if (found.length === EVENT_TYPES.length) return found;
    if (Date.now() > deadline) {
      throw new Error(`The bus has events of ${found.length} types of ${EVENT_TYPES.length} only`);
    }
    await sleep(PAUSE_MS);
  }
}

function casesOf(event: BusEvent): EventCase[] {
  const detail = event.detail as Record<string, unknown>;
  const { id: _, ...withoutId } = detail;
  const type = event['detail-type'];
  const invalid = (name: string, altered: object) => ({
    ...{ name: `${type} ${name}`, isValid: false },
    event: { ...event, detail: altered } as BusEvent,
  });
  return [
    { name: `${type} as it was sent`, isValid: true, event },
    invalid('without an id', withoutId),
    invalid('with a number as corp id', { ...detail, corpId: 1 }),
    invalid('with another version', { ...detail, version: '2' }),
    invalid('with a time that is none', { ...detail, time: 'today' }),
  ];
}
