/** An event as the bus got it, in the form that a rule's target receives. */
export interface BusEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601, in whole seconds. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: unknown;
}

export type Json = Readonly<Record<string, unknown>>;

/** An error response of the service. */
export class EventBridgeError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message = '', status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

const MAX_ENTRIES = 10;
/** What every region accepts; some accept 1 MB (Amazon EventBridge user guide, "PutEvents"). */
const MAX_BYTES = 256 * 1024;
const MEMBERS = [
  ...['Time', 'Source', 'Resources', 'DetailType', 'Detail', 'EventBusName', 'TraceHeader'],
];

/**
 * The entries of a PutEvents request.
 *
 * @throws EventBridgeError if the whole request is refused
 */
export function readEntries(input: Json): Json[] {
  const entries = input['Entries'];
  const right = Array.isArray(entries) && entries.length >= 1 && entries.length <= MAX_ENTRIES;
  if (!right || !entries.every(isJson)) {
    throw new EventBridgeError(
      'ValidationException',
      `Value at 'entries' failed to satisfy constraint: Member must have length from 1 to ${MAX_ENTRIES}`,
    );
  }
  for (const entry of entries as Json[]) {
    // A misspelt member would be ignored by AWS, and its value lost.
    const unknown = Object.keys(entry).filter((name) => !MEMBERS.includes(name));
    if (unknown.length > 0) {
      throw new EventBridgeError('SerializationException', `No such member: ${unknown.join()}`);
    }
  }
  const bytes = (entries as Json[]).reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > MAX_BYTES) {
    throw new EventBridgeError(
      'ValidationException',
      `Total size of the entries in the request is over the limit.`,
    );
  }
  return entries as Json[];
}

/** What is wrong with one entry; the others of its request are accepted. */
export function problemOf(entry: Json): { code: string; message: string } | undefined {
  for (const name of ['Source', 'DetailType', 'Detail']) {
    const value = entry[name];
    if (typeof value !== 'string' || value === '') {
      return {
        code: 'InvalidArgument',
        message: `Parameter ${name} is not valid. Reason: it is required.`,
      };
    }
  }
  if (String(entry['Source']).startsWith('aws.')) {
    return { code: 'NotAuthorizedForSourceException', message: 'Not authorized for the source.' };
  }
  if (String(entry['DetailType']).length > 128) {
    return {
      code: 'InvalidArgument',
      message: 'Parameter DetailType is not valid. Reason: it is too long.',
    };
  }
  const { Time } = entry;
  if (Time !== undefined && typeof Time !== 'number') {
    return { code: 'InvalidArgument', message: 'Parameter Time is not valid.' };
  }
  try {
    if (isJson(JSON.parse(String(entry['Detail'])))) return undefined;
  } catch {
    // The parser's message quotes what it read.
  }
  return { code: 'MalformedDetail', message: 'Detail is malformed.' };
}

/** By AWS's own rule (Amazon EventBridge user guide, "Calculating PutEvents event entry size"). */
function sizeOf(entry: Json): number {
  const texts = [entry['Source'], entry['DetailType'], entry['Detail'], entry['Resources']].flat();
  const bytes = texts.map((text) => Buffer.byteLength(typeof text === 'string' ? text : ''));
  return bytes.reduce((sum, each) => sum + each, entry['Time'] === undefined ? 0 : 14);
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
