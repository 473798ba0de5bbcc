export interface FormFile {
  /** The name of the form's field. */
  field: string;
  name: string;
  type: string;
  bytes: Buffer;
}

const MAX_PARTS = 100;
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * The first file of a multipart form. WeCom does not read a name in the form of RFC 5987 (`filename*=`): it
 * finds no file then (weworkapi_python#1).
 *
 * @param readsExtendedName whether `filename*=` counts all the same
 * @returns nothing if there is no file among the first hundred parts, or the form is not well-formed
 */
export function firstFile(
  form: { bytes: Buffer; contentType: string },
  readsExtendedName: boolean,
): FormFile | undefined {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(form.contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return undefined;
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  let start = form.bytes.indexOf(delimiter);
  for (let parts = 0; start >= 0 && parts < MAX_PARTS; parts += 1) {
    const from = start + delimiter.length;
    const end = form.bytes.indexOf(`\r\n--${boundary}`, from, 'latin1');
    if (end < 0) return undefined;
    const file = fileOf(form.bytes.subarray(from, end), readsExtendedName);
    if (file !== undefined) return file;
    start = end + 2;
  }
  return undefined;
}

function fileOf(part: Buffer, readsExtendedName: boolean): FormFile | undefined {
  const gap = part.indexOf('\r\n\r\n');
  if (gap < 0 || gap > MAX_HEAD_BYTES) return undefined;
  const head = part.subarray(0, gap).toString('utf8');
  const disposition = headerOf(head, 'content-disposition') ?? '';
  const plain = parameterOf(disposition, 'filename');
  const extended = /;\s*filename\*=utf-8''([^\s;]+)/i.exec(disposition)?.[1];
  const name = plain ?? (readsExtendedName && extended ? decoded(extended) : undefined);
  if (name === undefined) return undefined;
  return {
    field: parameterOf(disposition, 'name') ?? '',
    name,
    type: headerOf(head, 'content-type') ?? 'application/octet-stream',
    bytes: part.subarray(gap + 4),
  };
}

function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(head)?.[1]?.trim();
}

/** A parameter in quotation marks or without; browsers write a quotation mark in it as `%22`. */
function parameterOf(header: string, name: string): string | undefined {
  const [, quoted, plain] =
    new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, 'i').exec(header) ?? [];
  return quoted?.replace(/\\(["\\])/g, '$1').replaceAll('%22', '"') ?? plain;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
