import { createHash } from 'node:crypto';
import type { MediaType } from '../messages/media.ts';
import { type Errcode, Refusal } from '../wire/errcodes.ts';
import { type FormFile, firstFile } from '../wire/multipart.ts';
import { type AppEndpoint, type Call, type Emulator, FileData } from './endpoint.ts';

/** The most bytes of each type, and the errcode of more (documents 90253 and 90313). */
const LIMITS: Readonly<Record<MediaType, readonly [maxBytes: number, errcode: Errcode]>> = {
  image: [10 * 1024 * 1024, 40009],
  voice: [2 * 1024 * 1024, 301016],
  video: [10 * 1024 * 1024, 40011],
  file: [20 * 1024 * 1024, 45001],
};

/** POST media/upload (document 90253): of use to all apps of the company for three days. */
export const mediaUpload: AppEndpoint = {
  path: 'media/upload',
  document: 90253,
  method: 'POST',
  token: true,
  answer(emulator, call) {
    const type = call.query.get('type') ?? '';
    if (!isMediaType(type)) throw new Refusal(40005);
    return stored(emulator, type, uploaded(emulator, call));
  },
};

/** POST media/uploadimg (document 90256). Nothing is served at the address of the answer. */
export const mediaUploadimg: AppEndpoint = {
  path: 'media/uploadimg',
  document: 90256,
  method: 'POST',
  token: true,
  answer(emulator, call) {
    const { bytes } = uploaded(emulator, call);
    if (bytes.length > 2 * 1024 * 1024) throw new Refusal(40009);
    checkFormat('image', bytes);
    const name = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
    return { url: `https://wework.qpic.cn/wwpic/emulator_${name}/0` };
  },
};

/** GET media/get (document 90254). */
export const mediaGet: AppEndpoint = {
  path: 'media/get',
  document: 90254,
  method: 'GET',
  token: true,
  answer({ media }, { query }) {
    const id = query.get('media_id') ?? '';
    if (id === '') throw new Refusal(41006);
    const found = media.find(id);
    if (found === undefined || found.webhook !== undefined) throw new Refusal(40007);
    return new FileData(found.name, found.contentType, found.bytes);
  },
};

/** The file of the form. 44001 without one. */
export function uploaded({ behaviour }: Emulator, { form }: Call): FormFile {
  const file = form && firstFile(form, behaviour.extendedFileName === 'read');
  if (file === undefined || file.bytes.length === 0) throw new Refusal(44001);
  if (file.bytes.length <= 5) throw new Refusal(40006);
  return file;
}

/** @param webhook the key of the webhook that alone may use the file */
export function stored(
  { media, clock }: Emulator,
  type: MediaType,
  { name, type: contentType, bytes }: FormFile,
  webhook?: string,
): Readonly<Record<string, unknown>> {
  const [maxBytes, errcode] = LIMITS[type];
  if (bytes.length > maxBytes) throw new Refusal(errcode);
  checkFormat(type, bytes);
  const file = { type, name, contentType, bytes, ...(webhook !== undefined && { webhook }) };
  const created_at = String(Math.floor(clock() / 1000));
  return { type, media_id: media.add(file), created_at };
}

function isMediaType(type: string): type is MediaType {
  return Object.hasOwn(LIMITS, type);
}

/** How JPG and PNG begin. */
const IMAGES = ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n'];

/** JPG or PNG, AMR, MP4: by the first bytes. */
function checkFormat(type: MediaType, bytes: Buffer): void {
  const start = bytes.subarray(0, 12).toString('latin1');
  const isImage = IMAGES.some((signature) => start.startsWith(signature));
  if (type === 'image' && !isImage) throw new Refusal(40123);
  if (type === 'voice' && !start.startsWith('#!AMR')) throw new Refusal(40004);
  if (type === 'video' && start.slice(4, 8) !== 'ftyp') throw new Refusal(40004);
}
