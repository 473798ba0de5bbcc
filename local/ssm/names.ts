import { SsmError, validation } from './errors.ts';

const CHARACTERS =
  'If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_';

/** A name as requests give it: plain, with `:version`, or as an ARN. */
export interface Reference {
  /** The possible names: an ARN does not distinguish `/a` and `a`. */
  readonly names: readonly string[];
  /** The text after the colon: a version number or a label. */
  readonly selector: string | undefined;
}

/** @throws the service's ValidationException for a malformed reference */
export function parseReference(text: string): Reference {
  const inArn = /^arn:aws[a-z-]*:ssm:[^:]*:[^:]*:parameter(\/.*)$/.exec(text)?.[1];
  const [name = '', selector, ...rest] = (inArn ?? text).split(':');
  if (!isName(name) || rest.length > 0 || selector === '') throw malformed();
  return { names: inArn === undefined ? [name] : [name, name.slice(1)], selector };
}

/** Checks the name of a new parameter; the rules are stricter than for reading. @throws as the service */
export function checkNewName(name: string): void {
  if (/^\/?aws/i.test(name)) {
    if (name.lastIndexOf('/') > 0) {
      throw new SsmError('AccessDeniedException', `No access to reserved parameter name: ${name}.`);
    }
    throw validation('Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).');
  }
  if (!isName(name)) throw malformed();
  if (name.length > 1011) {
    throw validation('Parameter name: the full name, ARN included, is limited to 1011 characters.');
  }
  if (name.split('/').length > 16) {
    throw new SsmError(
      'HierarchyLevelLimitExceededException',
      'A hierarchy can have a maximum of 15 levels.',
    );
  }
}

/** Checks the `Path` of GetParametersByPath. @throws as the service */
export function checkPath(path: string): void {
  if (/^\/$|^(\/[\w.-]+)+\/?$/.test(path)) return;
  throw validation(
    'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/". ' +
      'It can\'t be prefixed with \\"aws\\" or \\"ssm\\" (case-insensitive). It must use only letters, numbers, or the following symbols: ' +
      '. (period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if specified, must use the forward slash symbol "/". ' +
      'Valid example: /get/parameters2-/by1./path0_.',
  );
}

/** Whether a name is below a path: directly, or at any depth. */
export function isBelow(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  return name.startsWith(prefix) && (recursive || !name.slice(prefix.length).includes('/'));
}

function isName(name: string): boolean {
  return /^((\/[\w.-]+)+|[\w.-]+)$/.test(name) && !/^\/?ssm/i.test(name);
}

function malformed(): SsmError {
  return validation(
    `Parameter name: can't be prefixed with "ssm" (case-insensitive). ${CHARACTERS}`,
  );
}
