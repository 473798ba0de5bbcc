/** Which rule a call broke, or what a fault did to its answer: a sentence without secrets. */
export interface Rule {
  en: string;
  zh: string;
  /** `developer.work.weixin.qq.com/document/path/<number>`; absent where no document is known to say it. */
  document?: number;
}

/** Both sentences as one rule, with the document of the latter. */
export function joined(first: Rule, second: Rule | undefined): Rule {
  if (second === undefined) return first;
  return { ...first, ...second, en: `${first.en}. ${second.en}`, zh: `${first.zh}。${second.zh}` };
}

/** Where a document can be read. */
export function documentUrl(document: number): string {
  return `https://developer.work.weixin.qq.com/document/path/${document}`;
}
