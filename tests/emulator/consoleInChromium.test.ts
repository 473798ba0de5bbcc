import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  fits,
  inChromium,
  launchChromium,
  missingChromium,
  NARROW,
  recordErrors,
  violations,
  WIDE,
} from '../harness/chromium.ts';
import { type Emulator, emulator } from './emulator.ts';

/** Each with something that the others do not have. */
const PAGES = [
  '',
  ...['members?department=2', 'members/user123', 'tags/7', 'apps/1000002'],
  ...['sign-in', 'calls', 'faults', 'switches', 'callbacks', 'messages'],
].map((page) => (page === '' ? '/__admin/' : `/__admin/console/${page}`));

describe.skipIf(missingChromium)(inChromium('the console'), () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function opened(
    wecom: Emulator,
    locale: 'zh-CN' | 'en-US',
    viewport = WIDE,
  ): Promise<{ page: Page; errors: string[] }> {
    const context = await browser.newContext({ locale, viewport });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const errors: string[] = [];
    recordErrors(page, errors);
    await page.goto(`${wecom.url}/__admin/`);
    return { page, errors };
  }

  it('disables, renames, deletes and brings back a member by clicks, and user/get follows', async () => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    const get = (userid = 'user123') => wecom.get('user/get', { access_token, userid });
    const { page, errors } = await opened(wecom, 'zh-CN');
    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();

    await page.getByRole('link', { name: '成员', exact: true }).click();
    await page.getByRole('link', { name: '技术部' }).click();
    await page.getByRole('link', { name: 'user123' }).click();
    await press('禁用');
    await page.getByRole('status').getByText('已完成').waitFor();
    expect(await get()).toMatchObject({ errcode: 0, status: 2 });
    await press('激活');
    expect(await get()).toMatchObject({ status: 1 });

    await page.getByLabel('新的 userid').fill('lisi');
    await press('改名');
    await page.getByRole('alert').getByText('lisi 已是企业成员').waitFor();
    await page.getByLabel('新的 userid').fill('zhang.san');
    await press('改名');
    await page.getByRole('heading', { name: 'zhang.san' }).waitFor();
    expect(await get()).toMatchObject({ errcode: 60111 });
    expect(await get('zhang.san')).toMatchObject({ errcode: 0, name: '张三' });

    await press('离开企业（删除）');
    await page.getByText('不在企业中').waitFor();
    expect(await get('zhang.san')).toMatchObject({ errcode: 60111 });
    await press('恢复已离开的成员');
    await page.getByRole('heading', { name: '张三' }).waitFor();
    expect(await get('zhang.san')).toMatchObject({ errcode: 0, name: '张三' });

    await press('生成 code');
    const code = await page.getByLabel('只显示这一次').inputValue();
    expect(await wecom.get('auth/getuserinfo', { access_token, code })).toMatchObject({
      userid: 'zhang.san',
    });
    expect(errors).toEqual([]);
  });

  it('is used by keyboard, and keeps the language that was chosen', async () => {
    const wecom = await emulator();
    const { page } = await opened(wecom, 'zh-CN');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Overview' }).waitFor();
    await page.getByRole('link', { name: 'Members' }).press('Enter');
    await page.getByLabel('Find by userid').focus();
    await page.keyboard.type('zhouba');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '周八' }).waitFor();
    await page.getByRole('button', { name: 'Disable' }).press('Space');
    await page.getByRole('status').getByText('Done').waitFor();
    expect(wecom.company.members.find(({ userid }) => userid === 'zhouba')?.status).toBe(2);
  });

  it.each([
    ['1440', 'zh-CN', WIDE],
    ['1440', 'en-US', WIDE],
    ['375', 'zh-CN', NARROW],
    ['375', 'en-US', NARROW],
  ] as const)('is accessible (axe) and fits at %s px in %s', async (_width, locale, size) => {
    const wecom = await emulator();
    const access_token = await wecom.token();
    await wecom.get('user/get', { access_token, userid: 'zhouba' });
    wecom.faults.add(45009, { on: 'user/get' });
    await wecom.get('user/get', { access_token, userid: 'user123' });
    const { page, errors } = await opened(wecom, locale, size);
    for (const path of PAGES) {
      await page.goto(wecom.url + path);
      for (const summary of (await page.locator('summary').all()).slice(0, 2))
        await summary.click();
      expect([path, await violations(page), await fits(page)]).toEqual([path, [], true]);
    }
    expect(errors).toEqual([]);
  });
});
