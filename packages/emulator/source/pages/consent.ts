import type { Emulator } from '../api/endpoint.ts';
import { type Member, SENSITIVE_FIELDS, type SensitiveField } from '../directory/types.ts';
import type { AuthorizeRequest } from './authorizeRequest.ts';
import { html, words } from './html.ts';
import { heading, type Page } from './layout.ts';
import { chooseAgain } from './ownParameters.ts';

/** In Chinese and English. */
export const FIELD_NAMES: Readonly<Record<SensitiveField, [string, string]>> = {
  gender: ['性别', 'Gender'],
  avatar: ['头像', 'Avatar'],
  qr_code: ['个人二维码', 'QR code'],
  mobile: ['手机号', 'Mobile'],
  email: ['邮箱', 'E-mail'],
  biz_mail: ['企业邮箱', 'Business e-mail'],
  address: ['地址', 'Address'],
};

/** The page of snsapi_privateinfo: what the administrator ticked is offered, and the member ticks of that. */
export function consentPage(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  member: Member,
): Page {
  const app = request.app;
  const name = app?.name ?? emulator.company.name;
  const offered = SENSITIVE_FIELDS.filter((field) => app?.sensitive_fields.includes(field));
  const ticked = member.consents_to ?? SENSITIVE_FIELDS;
  const boxes = offered.map(
    (field) =>
      html`<label class="field"><input type="checkbox" name="fields" value="${field}"${ticked.includes(field) && html` checked`}><span>${words(...FIELD_NAMES[field])}</span></label>`,
  );
  const { consentDays } = emulator.behaviour;
  return {
    title: { zh: `授权 ${name}`, en: `Authorize ${name}` },
    notice: html`${words('企业微信模拟器 · 你是', 'WeCom emulator · you are')} ${member.name} <code>${member.userid}</code> · ${chooseAgain(action)}`,
    body: html`<section class="card">
${heading(name, words(`${name} 申请获取以下权限`, `${name} asks for your permission`), emulator.company.name)}
<form method="post" action="${action}">
<input type="hidden" name="who" value="${member.userid}">
<input type="hidden" name="fields" value="">
<p>${words('获取你的身份信息（姓名、部门等）', 'To know who you are: name, department and the like')}</p>
<fieldset><legend>${words('并允许读取以下敏感信息', 'And to read this personal information')}</legend>
${boxes.length > 0 ? html`<div class="fields">${boxes}</div>` : html`<p>${words('管理员没有勾选任何敏感字段', 'The administrator ticked none')}</p>`}</fieldset>
<p><small>${words(`同意后 ${consentDays} 天内不再询问`, `You are not asked again for ${consentDays} days`)}</small></p>
<div class="actions"><button name="decision" value="approve">${words('同意', 'Agree')}</button>
<button class="quiet" name="decision" value="refuse">${words('拒绝', 'Refuse')}</button></div>
</form></section>`,
  };
}
