import { SsmError, validation } from './errors.ts';
import { checkNewName, parseReference } from './names.ts';

export type ParameterType = 'String' | 'StringList' | 'SecureString';
type Tier = 'Standard' | 'Advanced';

/** One version of a parameter. */
interface Version {
  readonly version: number;
  readonly value: string;
  readonly type: ParameterType;
  readonly tier: Tier;
  readonly keyId?: string | undefined;
  readonly description?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

export interface Parameter {
  readonly name: string;
  /** In ascending order, at most 100. */
  readonly versions: Version[];
  readonly tags: Record<string, string>;
}

/** A parameter and one of its versions. */
export interface Found {
  readonly parameter: Parameter;
  readonly version: Version;
  readonly selector: string | undefined;
}

interface Put {
  readonly name: string;
  readonly value: string;
  readonly type?: ParameterType | undefined;
  readonly overwrite?: boolean | undefined;
  readonly tier?: Tier | 'Intelligent-Tiering' | undefined;
  readonly keyId?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export interface Parameters {
  put(put: Put): Version;
  /** @param reference a name, `name:version` or ARN. @throws ParameterNotFound, ParameterVersionNotFound */
  find(reference: string): Found;
  remove(name: string): void;
  /** Sorted by name. */
  all(): Parameter[];
  tag(name: string, tags: Readonly<Record<string, string>>): void;
}

const MAX_VERSIONS = 100;
const MAX_BYTES: Record<Tier, number> = { Standard: 4096, Advanced: 8192 };

/** Parameter Store's rules for a set of parameters. Calls `changed` after every change. */
export function createParameters(
  initial: readonly Parameter[],
  clock: () => number,
  changed: (all: Parameter[]) => void,
): Parameters {
  const parameters = new Map(initial.map((parameter) => [parameter.name, parameter]));

  const all = () =>
    [...parameters.values()].toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

  const named = (name: string) => {
    const parameter = parameters.get(name);
    if (parameter === undefined) throw new SsmError('ParameterNotFound');
    return parameter;
  };

  return {
    all,

    put(put) {
      checkNewName(put.name);
      const existing = parameters.get(put.name);
      if (existing !== undefined && !put.overwrite) {
        throw new SsmError(
          'ParameterAlreadyExists',
          'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
        );
      }
      const version = nextVersion(put, existing?.versions.at(-1), clock());
      const parameter = existing ?? { name: put.name, versions: [], tags: { ...put.tags } };
      parameter.versions.push(version);
      if (parameter.versions.length > MAX_VERSIONS) parameter.versions.shift();
      parameters.set(put.name, parameter);
      changed(all());
      return version;
    },

    find(reference) {
      const { names, selector } = parseReference(reference);
      const parameter = named(names.find((name) => parameters.has(name)) ?? '');
      const version = parameter.versions.findLast(
        (each) => selector === undefined || String(each.version) === selector,
      );
      if (version === undefined) {
        throw new SsmError(
          'ParameterVersionNotFound',
          `Systems Manager could not find version ${selector} of ${parameter.name}. Verify the version and try again.`,
        );
      }
      return { parameter, version, selector };
    },

    remove(name) {
      parameters.delete(named(name).name);
      changed(all());
    },

    tag(name, tags) {
      const parameter = parameters.get(name);
      if (parameter === undefined) throw new SsmError('InvalidResourceId');
      Object.assign(parameter.tags, tags);
      changed(all());
    },
  };
}

function nextVersion(put: Put, previous: Version | undefined, now: number): Version {
  const type = put.type ?? previous?.type;
  if (type === undefined) {
    throw validation('A parameter type is required when you create a parameter.');
  }
  if (previous !== undefined && type !== previous.type) {
    throw new SsmError(
      'HierarchyTypeMismatchException',
      "Parameter Store doesn't support changing a parameter type in a hierarchy. You must create a new, unique parameter.",
    );
  }
  if (put.keyId !== undefined && type !== 'SecureString') {
    throw validation('KeyId is required for SecureString type parameter only.');
  }
  const keyId =
    type === 'SecureString' ? (put.keyId ?? previous?.keyId ?? 'alias/aws/ssm') : undefined;
  return {
    version: (previous?.version ?? 0) + 1,
    value: put.value,
    type,
    tier: tierOf(put, previous),
    keyId,
    description: put.description ?? previous?.description,
    modified: now,
  };
}

function tierOf(put: Put, previous: Version | undefined): Tier {
  const bytes = Buffer.byteLength(put.value);
  const requested = put.tier ?? 'Standard';
  const isSmall = requested === 'Standard' || bytes <= MAX_BYTES.Standard;
  // An advanced parameter cannot become a standard one again.
  const tier =
    previous?.tier === 'Advanced' || requested === 'Advanced' || !isSmall ? 'Advanced' : 'Standard';
  if (bytes > MAX_BYTES[tier]) {
    const advice =
      tier === 'Standard'
        ? ' To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html'
        : '';
    throw validation(
      `${tier} tier parameters support a maximum parameter value of ${MAX_BYTES[tier]} characters.${advice}`,
    );
  }
  return tier;
}
