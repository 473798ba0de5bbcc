import { CHOICES, setBehaviour } from '../admin/behaviour.ts';
import { type Behaviour, DEFAULT_BEHAVIOUR } from '../options.ts';
import { type Html, html } from '../pages/html.ts';
import { SWITCHES } from './switchTexts.ts';
import { doing, explained, type Section, type View } from './view.ts';

const NAMES = Object.keys(DEFAULT_BEHAVIOUR) as (keyof Behaviour)[];

/** Every switch with its meaning, value and default. */
export const switches: Section = {
  page(view) {
    const { say } = view;
    return {
      title: say('开关', 'Switches'),
      body: html`<section class="card"><h1>${say('开关', 'Switches')}</h1>
<p>${say('企业微信的文档没有说明，或各方报告不一致之处，由开关决定。', "Where WeCom's documents are silent or reports differ, a switch decides.")}</p>
<form method="post"><ul class="rows switches">${NAMES.map((name) => row(view, name))}</ul>
<div class="actions"><button name="do" value="save">${say('保存', 'Save')}</button></div></form>
${doing('reset', say('全部恢复默认值', 'Set all to their default'))}</section>`,
    };
  },
  actions: {
    save({ wecom }, form) {
      const given = NAMES.filter((name) => form.has(name));
      const changes = given.map((name) => [name, valueFrom(name, form.get(name) ?? '')]);
      setBehaviour(wecom.behaviour, Object.fromEntries(changes));
    },
    reset({ wecom }) {
      Object.assign(wecom.behaviour, DEFAULT_BEHAVIOUR);
    },
  },
};

function row(view: View, name: keyof Behaviour): Html {
  const { say, wecom } = view;
  const value = wecom.behaviour[name];
  const normal = DEFAULT_BEHAVIOUR[name];
  return html`<li><label for="switch-${name}"><b>${name}</b>${value !== normal && html` <span class="changed">${say(`已修改，默认 ${normal}`, `changed, default ${normal}`)}</span>`}</label>
<p>${explained(view, SWITCHES[name])}</p>${control(name, value)}</li>`;
}

function control(name: keyof Behaviour, value: Behaviour[keyof Behaviour]): Html {
  const choices = choicesOf(name);
  if (choices === undefined) {
    return html`<input id="switch-${name}" name="${name}" type="number" value="${String(value)}" required>`;
  }
  const options = choices.map(
    (choice) => html`<option${choice === String(value) && html` selected`}>${choice}</option>`,
  );
  return html`<select id="switch-${name}" name="${name}">${options}</select>`;
}

/** @returns nothing for a number */
function choicesOf(name: keyof Behaviour): readonly string[] | undefined {
  if (typeof DEFAULT_BEHAVIOUR[name] === 'boolean') return ['true', 'false'];
  return CHOICES[name]?.map(String);
}

function valueFrom(name: keyof Behaviour, text: string): unknown {
  const { [name]: normal } = DEFAULT_BEHAVIOUR;
  if (typeof normal === 'number') return Number(text);
  return typeof normal === 'boolean' ? text === 'true' : text;
}
