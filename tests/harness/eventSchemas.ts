import { readFileSync } from 'node:fs';
import draft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { expect } from 'vitest';
import { EVENT_TYPES } from '../../lib/events/event.ts';
import type { BusEvent } from '../../local/eventBridge/entries.ts';

// Both packages are CommonJS, whose types TypeScript reads differently from Node.js.
const ajv = new (draft04 as unknown as typeof draft04.default)({ allErrors: true });
(addFormats as unknown as (to: object) => void)(ajv);

const validators = new Map<string, ReturnType<typeof ajv.compile>>(
  EVENT_TYPES.map((type) => {
    const text = readFileSync(`docs/schemas/events/${type}.json`, 'utf8');
    return [type, ajv.compile(JSON.parse(text))];
  }),
);

/** Asserts that each event is valid by its schema in docs/. */
export function expectInSchema(...events: readonly BusEvent[]): void {
  for (const event of events) {
    const validate = validators.get(event['detail-type']);
    if (validate === undefined) throw new Error(`There is no schema of ${event['detail-type']}`);
    validate(event);
    expect(validate.errors ?? []).toEqual([]);
  }
}
