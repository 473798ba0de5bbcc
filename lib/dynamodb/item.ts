import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/*
 * Items as plain values, and in the form of DynamoDB's protocol. `@aws-sdk/util-dynamodb` converts
 * every kind of value; bench/notes.md has what it costs.
 */

export type Value =
  | string
  | number
  | boolean
  /** A DynamoDB set of numbers, for `ADD` and `contains`. DynamoDB has no empty sets: leave it out. */
  | ReadonlySet<number>
  | readonly Value[]
  | { readonly [name: string]: Value | undefined };

export type Item = { readonly [name: string]: Value | undefined };

export type Attributes = Record<string, AttributeValue>;

/* `verify` checks items with these: a schema library would double the size of its own code. */

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

/** `decode` returns no other sets. */
export function isNumberSet(value: unknown): value is ReadonlySet<number> {
  return value instanceof Set;
}

/** Leaves out undefined attributes. */
export function encode(item: Item): Attributes {
  const present = Object.entries(item).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, encodeValue(value as Value)]));
}

/** A value of a kind that `Value` does not have is undefined, like an absent attribute. */
export function decode(attributes: Attributes): Item {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, decodeValue(attribute)]),
  );
}

function encodeValue(value: Value): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value instanceof Set) return { NS: Array.from(value, String) };
  if (Array.isArray(value)) return { L: value.map(encodeValue) };
  return { M: encode(value as Item) };
}

function decodeValue(attribute: AttributeValue): Value | undefined {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NS !== undefined) return new Set(attribute.NS.map(Number));
  if (attribute.L !== undefined) return attribute.L.map((one) => decodeValue(one) as Value);
  return attribute.M && decode(attribute.M);
}
