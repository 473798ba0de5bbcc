import { SsmError, validation } from './errors.ts';

export type Json = Record<string, unknown>;

interface Types {
  string: string;
  boolean: boolean;
  integer: number;
  strings: string[];
  objects: Json[];
}

/** One member of a request; `min` and `max` bound a length or, for an integer, its value. */
interface Field {
  readonly type: keyof Types;
  readonly required?: true;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
  /** Never repeated in an error message. */
  readonly secret?: true;
}

export type Shape = Readonly<Record<string, Field>>;

export type Input<S extends Shape> = {
  readonly [K in keyof S]: S[K] extends { required: true }
    ? Types[S[K]['type']]
    : Types[S[K]['type']] | undefined;
};

/**
 * Reads a request as the service does: a wrong JSON type is a SerializationException, violated
 * constraints are one ValidationException that lists all, and unknown members are ignored.
 */
export function readInput<const S extends Shape>(body: Json, shape: S): Input<S> {
  const input: Json = {};
  const problems: string[] = [];
  for (const [name, field] of Object.entries(shape)) {
    const value = body[name] ?? undefined;
    if (value !== undefined && !hasType(value, field.type)) {
      throw new SsmError('SerializationException', `${name} cannot be read as ${field.type}`);
    }
    const problem = problemOf(value, field);
    if (problem !== undefined) {
      const member = name.charAt(0).toLowerCase() + name.slice(1);
      const shown = field.secret ? 'Value' : `Value ${show(value)}`;
      problems.push(`${shown} at '${member}' failed to satisfy constraint: Member must ${problem}`);
    }
    input[name] = value;
  }
  if (problems.length > 0) {
    const errors = problems.length === 1 ? 'error' : 'errors';
    throw validation(`${problems.length} validation ${errors} detected: ${problems.join('; ')}`);
  }
  return input as Input<S>;
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hasType(value: unknown, type: keyof Types): boolean {
  if (type === 'strings') {
    return Array.isArray(value) && value.every((each) => typeof each === 'string');
  }
  if (type === 'objects') return Array.isArray(value) && value.every(isJson);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function problemOf(value: unknown, field: Field): string | undefined {
  const { required, min, max, values } = field;
  if (value === undefined) return required ? 'not be null' : undefined;
  if (values !== undefined && !values.includes(String(value))) {
    return `satisfy enum value set: [${values.join(', ')}]`;
  }
  const what = typeof value === 'number' ? 'value' : 'length';
  const size = typeof value === 'number' ? value : ((value as { length?: number }).length ?? 0);
  if (min !== undefined && size < min) return `have ${what} greater than or equal to ${min}`;
  if (max !== undefined && size > max) return `have ${what} less than or equal to ${max}`;
  return undefined;
}

function show(value: unknown): string {
  if (value === undefined) return 'null';
  return Array.isArray(value) ? `'[${value.join(', ')}]'` : `'${String(value)}'`;
}
