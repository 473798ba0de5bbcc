import type { Emulator } from '../api/endpoint.ts';
import { type Member, SENSITIVE_FIELDS, type SensitiveField } from '../directory/types.ts';
import type { Answer } from '../wire/answer.ts';
import type { AuthorizeRequest } from './authorizeRequest.ts';
import { chooseAgain } from './chooseAgain.ts';
import { html } from './html.ts';
import { heading, page } from './layout.ts';

const FIELD_NAMES: Readonly<Record<SensitiveField, [string, string]>> = {
  gender: ['性别', 'gender'],
  avatar: ['头像', 'avatar'],
  qr_code: ['个人二维码', 'QR code'],
  mobile: ['手机号', 'mobile'],
  email: ['邮箱', 'email'],
  biz_mail: ['企业邮箱', 'business e-mail'],
  address: ['地址', 'address'],
};

/** The page of snsapi_privateinfo: what the administrator ticked is offered, and the member ticks of that. */
export function consentPage(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  member: Member,
  remember: boolean,
): Answer {
  const app = request.app;
  const name = app?.name ?? emulator.company.name;
  const offered = SENSITIVE_FIELDS.filter((field) => app?.sensitive_fields.includes(field));
  const ticked = member.consents_to ?? SENSITIVE_FIELDS;
  const boxes = offered.map(
    (field) =>
      html`<label class="field"><input type="checkbox" name="fields" value="${field}"${ticked.includes(field) && html` checked`}><span>${FIELD_NAMES[field][0]} <span class="en" lang="en">${FIELD_NAMES[field][1]}</span></span></label>`,
  );
  return page({
    title: `授权 ${name}`,
    notice: html`企业微信模拟器 · 你是 ${member.name} <code>${member.userid}</code> · ${chooseAgain(action)}`,
    body: html`<section class="card">
${heading(name, `${name} 申请获取以下权限`, html`${emulator.company.name} · <span lang="en">${name} asks for your permission</span>`)}
<form method="post" action="${action}">
<input type="hidden" name="who" value="${member.userid}">
${remember && html`<input type="hidden" name="remember" value="1">`}
<input type="hidden" name="fields" value="">
<p>获取你的身份信息（姓名、部门等）<span class="en" lang="en">your identity</span></p>
<fieldset><legend>并允许读取以下敏感信息 <span class="en" lang="en">Sensitive fields</span></legend>
${boxes.length > 0 ? html`<div class="fields">${boxes}</div>` : html`<p>管理员没有勾选任何敏感字段 <span class="en" lang="en">none ticked by the administrator</span></p>`}</fieldset>
<p><small>同意后 ${emulator.behaviour.consentDays} 天内不再询问 <span lang="en">Not asked again for ${emulator.behaviour.consentDays} days</span></small></p>
<div class="actions"><button name="decision" value="approve">同意 <span lang="en">Agree</span></button>
<button class="quiet" name="decision" value="refuse">拒绝 <span lang="en">Refuse</span></button></div>
</form></section>`,
  });
}
