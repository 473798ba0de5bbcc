/** A text in both languages. */
export interface Words {
  readonly zh: string;
  readonly en: string;
}

/** The text in both languages; page.css shows one. */
export function words({ zh, en }: Words): HTMLElement[] {
  return [element('span', { class: 'zh' }, zh), element('span', { class: 'en' }, en)];
}

export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  ...content: (Node | string)[]
): HTMLElement {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...content);
  return made;
}

/** The element that the page has by this selector. */
export function find<T extends HTMLElement = HTMLElement>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}
