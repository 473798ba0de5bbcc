/** A receiver of pushes, as an administrator enters it (document 90238). */
export interface CallbackTarget {
  /** http or https. */
  url: string;
  /** Letters and digits, at most 32. */
  token: string;
  /** Exactly 43 of a-zA-Z0-9. */
  encodingAESKey: string;
  /** For the app channel: which app's messages; default the main app. */
  agentid?: number;
}
