import { randomToken } from '../credentials/randomToken.ts';

/** The types of media/upload (document 90253). */
export type MediaType = 'image' | 'voice' | 'video' | 'file';

export interface Media {
  type: MediaType;
  /** What a message shows. */
  name: string;
  contentType: string;
  bytes: Buffer;
  /** Milliseconds. */
  uploadedAt: number;
  /** The key of the webhook that alone may use it; none for a file of the apps, which share theirs. */
  webhook?: string;
}

export interface MediaStore {
  /** @returns the media_id */
  add(media: Omit<Media, 'uploadedAt'>): string;
  /** Nothing for an unknown media_id, or one of more than three days. */
  find(mediaId: string): Media | undefined;
}

/** Three days (document 90253). */
const LIFETIME_MS = 3 * 86_400_000;
const MAX_FILES = 1_000;
const MAX_BYTES = 256 * 1024 * 1024;

/** Keeps the newest files, in memory alone. */
export function mediaStore(clock: () => number): MediaStore {
  const files = new Map<string, Media>();
  let bytes = 0;

  return {
    add(media) {
      const id = randomToken(64);
      // A copy, because the bytes are a part of the whole request.
      files.set(id, { ...media, bytes: Buffer.from(media.bytes), uploadedAt: clock() });
      bytes += media.bytes.length;
      for (const [oldest, { bytes: old }] of files) {
        if (files.size <= MAX_FILES && bytes <= MAX_BYTES) break;
        files.delete(oldest);
        bytes -= old.length;
      }
      return id;
    },
    find(mediaId) {
      const media = files.get(mediaId);
      return media && media.uploadedAt + LIFETIME_MS > clock() ? media : undefined;
    },
  };
}
