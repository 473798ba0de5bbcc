import { SsmError, validation } from './errors.ts';
import { type Input, type Json, readInput, type Shape } from './input.ts';
import { checkPath, isBelow, parseReference } from './names.ts';
import type { Parameter } from './parameters.ts';
import { type Context, described, latest, shown } from './shown.ts';

export interface Operation {
  run(body: Json, context: Context): Json;
}

function operation<const S extends Shape>(
  shape: S,
  run: (input: Input<S>, context: Context) => Json,
): Operation {
  return { run: (body, context) => run(readInput(body, shape), context) };
}

const name = { type: 'string', min: 1, max: 2048 } as const;
const names = { type: 'strings', min: 1, max: 10 } as const;
const flag = { type: 'boolean' } as const;
const text = { type: 'string' } as const;
const types = ['SecureString', 'StringList', 'String'] as const;
const tiers = ['Standard', 'Advanced', 'Intelligent-Tiering'] as const;

/** The supported operations by their name in `X-Amz-Target`. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  Object.entries({
    GetParameter: operation(
      { Name: { ...name, required: true }, WithDecryption: flag },
      (input, context) => ({
        Parameter: shown(context.parameters.find(input.Name), input.WithDecryption, context),
      }),
    ),

    GetParameters: operation(
      { Names: { ...names, required: true }, WithDecryption: flag },
      (input, context) => {
        const found: Json[] = [];
        const missing: string[] = [];
        for (const each of input.Names) {
          try {
            found.push(shown(context.parameters.find(each), input.WithDecryption, context));
          } catch (error) {
            const isMissing = error instanceof SsmError && error.type !== 'ValidationException';
            if (!isMissing) throw error;
            missing.push(each);
          }
        }
        return { Parameters: found, InvalidParameters: missing };
      },
    ),

    GetParametersByPath: operation(
      {
        Path: { ...name, required: true },
        Recursive: flag,
        WithDecryption: flag,
        ParameterFilters: { type: 'objects' },
        MaxResults: { type: 'integer', min: 1, max: 10 },
        NextToken: text,
      },
      (input, context) => {
        checkPath(input.Path);
        if (input.ParameterFilters?.length) throw unsupported('ParameterFilters');
        const below = context.parameters
          .all()
          .filter((each) => isBelow(each.name, input.Path, input.Recursive ?? false));
        const { page, NextToken } = paged(below, input.MaxResults ?? 10, input.NextToken);
        const Parameters = page.map((parameter) =>
          shown(latest(parameter), input.WithDecryption, context),
        );
        return { Parameters, NextToken };
      },
    ),

    PutParameter: operation(
      {
        Name: { ...name, required: true },
        Value: { type: 'string', required: true, min: 1, max: 32768, secret: true },
        Type: { type: 'string', values: types },
        KeyId: { type: 'string', min: 1, max: 256 },
        Overwrite: flag,
        Description: { type: 'string', max: 1024 },
        Tier: { type: 'string', values: tiers },
        Tags: { type: 'objects', max: 1000 },
        DataType: { type: 'string', max: 128 },
        AllowedPattern: { type: 'string', max: 1024 },
        Policies: text,
      },
      (input, { parameters }) => {
        if (input.AllowedPattern) throw unsupported('AllowedPattern');
        if (input.Policies) throw unsupported('Policies');
        if (input.DataType && input.DataType !== 'text') throw unsupported('DataType');
        if (input.Overwrite && input.Tags?.length) {
          throw validation(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. " +
              'To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.',
          );
        }
        const { version, tier } = parameters.put({
          name: input.Name,
          value: input.Value,
          type: input.Type as (typeof types)[number] | undefined,
          keyId: input.KeyId,
          overwrite: input.Overwrite,
          description: input.Description,
          tier: input.Tier as (typeof tiers)[number] | undefined,
          tags: tagsOf(input.Tags),
        });
        return { Version: version, Tier: tier };
      },
    ),

    DeleteParameter: operation({ Name: { ...name, required: true } }, (input, { parameters }) => {
      const { names: found, selector } = parseReference(input.Name);
      if (selector !== undefined) throw new SsmError('ParameterNotFound');
      parameters.remove(found[0] ?? '');
      return {};
    }),

    DescribeParameters: operation(
      {
        ParameterFilters: { type: 'objects' },
        MaxResults: { type: 'integer', min: 1, max: 50 },
        NextToken: text,
      },
      (input, context) => {
        const filters = (input.ParameterFilters ?? []).map(nameFilter);
        const found = context.parameters
          .all()
          .filter((each) => filters.every((matches) => matches(each.name)));
        const { page, NextToken } = paged(found, input.MaxResults ?? 50, input.NextToken);
        return { Parameters: page.map((each) => described(latest(each), context)), NextToken };
      },
    ),

    AddTagsToResource: operation(
      {
        ResourceType: { type: 'string', required: true, values: ['Parameter'] },
        ResourceId: { type: 'string', required: true },
        Tags: { type: 'objects', required: true, max: 1000 },
      },
      (input, { parameters }) => {
        parameters.tag(input.ResourceId, tagsOf(input.Tags));
        return {};
      },
    ),
  }),
);

/** A token contains the last parameter of its page, so that it stays valid after changes. */
function paged(all: readonly Parameter[], size: number, token: string | undefined) {
  const after = token === undefined ? '' : Buffer.from(token, 'base64url').toString();
  if (token !== undefined && Buffer.from(after).toString('base64url') !== token) {
    throw new SsmError('InvalidNextToken', "The specified token isn't valid.");
  }
  const rest = all.filter((each) => each.name > after);
  const page = rest.slice(0, size);
  const last = rest.length > size ? page.at(-1)?.name : undefined;
  return { page, NextToken: last && Buffer.from(last).toString('base64url') };
}

function nameFilter(filter: Json): (name: string) => boolean {
  const { Key, Option = 'Equals', Values } = filter as Partial<Record<string, unknown>>;
  if (Key !== 'Name') {
    throw new SsmError('InvalidFilterKey', 'This local stand-in filters only by Name.');
  }
  const values = Array.isArray(Values) ? Values.map(String) : [];
  if (values.length === 0) {
    const problem = 'The following filter values are missing : null for filter key Name.';
    throw new SsmError('InvalidFilterValue', problem);
  }
  switch (Option) {
    case 'Equals':
      return (each) => values.includes(each);
    case 'BeginsWith':
      return (each) => values.some((value) => each.startsWith(value));
    case 'Contains':
      return (each) => values.some((value) => each.includes(value));
    default:
      throw new SsmError('InvalidFilterOption', 'The filter option is not valid for Name.');
  }
}

function tagsOf(tags: readonly Json[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map((tag) => [String(tag['Key']), String(tag['Value'])]));
}

function unsupported(what: string): SsmError {
  return validation(`${what} is not supported by this local stand-in of the service.`);
}
