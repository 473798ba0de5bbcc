import { createHash } from 'node:crypto';
import { SsmError } from './errors.ts';
import type { Json } from './input.ts';
import type { Found, Parameter, Parameters } from './parameters.ts';

/** What an operation works on. ARNs contain the caller's region. */
export interface Context {
  readonly parameters: Parameters;
  readonly region: string;
}

/** A parameter with its value, as in the response of GetParameter. */
export function shown(found: Found, decrypted: boolean | undefined, context: Context): Json {
  const { version, selector } = found;
  const hidden = version.type === 'SecureString' && decrypted !== true;
  return {
    ...common(found, context),
    Value: hidden ? ciphertext(found) : version.value,
    Selector: selector === undefined ? undefined : `:${selector}`,
  };
}

/** A parameter without its value, as in the response of DescribeParameters. */
export function described(found: Found, context: Context): Json {
  const { keyId, description, tier } = found.version;
  return { ...common(found, context), KeyId: keyId, Description: description, Tier: tier };
}

function common({ parameter, version }: Found, { region }: Context): Json {
  const path = parameter.name.startsWith('/') ? parameter.name : `/${parameter.name}`;
  return {
    Name: parameter.name,
    Type: version.type,
    Version: version.version,
    LastModifiedDate: version.modified / 1000,
    ARN: `arn:aws:ssm:${region}:000000000000:parameter${path}`,
    DataType: 'text',
  };
}

/** Looks like KMS's ciphertext, is constant for a version, and reveals nothing about the value. */
function ciphertext({ parameter, version }: Found): string {
  const seed = `${parameter.name}:${version.version}:${version.modified}`;
  return `AQICAH${createHash('sha512').update(seed).digest('base64')}`;
}

export function latest(parameter: Parameter): Found {
  const version = parameter.versions.at(-1);
  if (version === undefined) throw new SsmError('InternalServerError', '', 500);
  return { parameter, version, selector: undefined };
}
