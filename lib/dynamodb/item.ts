/** A value as DynamoDB's protocol has it; of its kinds we store these five. */
export interface Attribute {
  readonly S?: string;
  readonly N?: string;
  readonly BOOL?: boolean;
  readonly L?: readonly Attribute[];
  readonly M?: Attributes;
}

export type Attributes = { readonly [name: string]: Attribute };

export type Value =
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [name: string]: Value | undefined };

export type Item = { readonly [name: string]: Value | undefined };

/* What `verify` reads is narrowed with these; a schema library would be half of its own code. */

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

export function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isNumber);
}

/** Leaves out what is undefined, so that an absent attribute is absent. */
export function encode(item: Item): Attributes {
  const present = Object.entries(item).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, encodeValue(value as Value)]));
}

export function decode(attributes: Attributes): Item {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [name, decodeValue(attribute)]),
  );
}

function encodeValue(value: Value): Attribute {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(encodeValue) };
  return { M: encode(value as Item) };
}

function decodeValue(attribute: Attribute): Value | undefined {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.L !== undefined) return attribute.L.map((one) => decodeValue(one) as Value);
  return attribute.M && decode(attribute.M);
}
