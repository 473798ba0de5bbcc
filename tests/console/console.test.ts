import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { inChromium, missingChromium, NARROW, screenshots, WIDE } from '../harness/chromium.ts';
import { permit } from '../harness/permit.ts';
import { serve } from '../harness/serve.ts';
import { Administrators } from './administrators.ts';

const MARKUP = '<img src=x onerror=alert(1)>';

describe.skipIf(missingChromium)(inChromium("the administrators' page"), () => {
  const admin = new Administrators();
  const shoot = screenshots('console');

  const dialog = (page: Page) => page.getByRole('dialog');
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
  const confirm = async (page: Page) => {
    await button(page, '预览').click();
    await button(page, /^确认修改/).click();
    await dialog(page).getByRole('heading', { name: '结果' }).waitFor();
  };

  it('finds a department, grants with an end, denies a member, says why, and undoes', async () => {
    const page = await admin.signedIn('user123');
    await page.getByRole('treeitem', { name: '技术部' }).click();
    await page.getByRole('link', { name: '钱二 qianer' }).waitFor();

    await button(page, '给部门授权').click();
    await dialog(page)
      .getByLabel(/权限名/)
      .fill('plan:read');
    await dialog(page)
      .getByLabel(/最后一天/)
      .fill('2099-12-31');
    await dialog(page).getByLabel(/备注/).fill('试用');
    await confirm(page);
    await dialog(page).getByText('至 2099-12-31').waitFor();
    await admin.isInOrder(page);
    await button(page, '完成').click();
    await page.getByRole('link', { name: 'plan:read' }).waitFor();
    expect(await admin.verify('qianer', 'plan:read')).toBe(true);

    await page.getByLabel('按姓名或账号筛选').fill('钱');
    await page.getByText('找到 1 名成员').waitFor();
    await page.getByRole('link', { name: '钱二 qianer' }).click();
    await page.getByRole('heading', { name: '钱二', level: 1 }).waitFor();
    const decision = page.locator('.decisions > li', { hasText: 'plan:read' });
    await decision.getByText('✓ 有权限').waitFor();
    await decision.getByText('相关授权 1 条').click();
    await decision.getByText('起决定作用').waitFor();
    await decision.getByRole('button').click();
    await confirm(page);
    await button(page, '完成').click();
    await decision.getByText('✗ 无权限').waitFor();
    expect(await decision.locator('.why').textContent()).toContain('user:qianer');
    expect(await admin.verify('qianer', 'plan:read')).toBe(false);

    await page.getByRole('link', { name: '变更记录' }).last().click();
    await page.getByRole('heading', { name: '变更记录：钱二 qianer' }).waitFor();
    await page.locator('.rows').getByText('拒绝').waitFor();
    await page.goBack();
    await page
      .locator('section', { hasText: '直接授权' })
      .getByRole('button', { name: '修改 plan:read' })
      .click();
    await dialog(page).getByText('撤销授权').click();
    await confirm(page);
    expect(await admin.verify('qianer', 'plan:read')).toBe(true);
    await button(page, '撤回这次修改').click();
    await button(page, /^确认修改/).click();
    await dialog(page).getByRole('heading', { name: '结果' }).waitFor();
    expect(await admin.verify('qianer', 'plan:read')).toBe(false);

    const origins = new Set(admin.asked.map((address) => new URL(address).origin));
    expect([...origins].sort()).toEqual([admin.api.url, admin.stack.wecom.url].sort());
  });

  it('says what somebody else changed meanwhile, and tries again on that', async () => {
    const [page, other] = await Promise.all([admin.signedIn('user123'), admin.signedIn('lisi')]);
    for (const [each, note] of [
      [page, 'first'],
      [other, 'second'],
    ] as const) {
      await each.goto(`${admin.api.url}/admin#/member/sunqi`);
      await button(each, '给成员授权').click();
      await dialog(each)
        .getByLabel(/权限名/)
        .fill('race');
      await dialog(each).getByLabel(/备注/).fill(note);
      await button(each, '预览').click();
      await button(each, /^确认修改/).waitFor();
    }
    await button(page, /^确认修改/).click();
    await dialog(page).getByText('已修改').waitFor();
    await button(other, /^确认修改/).click();
    await dialog(other).getByText('其他管理员刚刚修改了它').waitFor();
    await dialog(other).getByText('first').waitFor();
    await button(other, '再试一次').click();
    await button(other, /^确认修改/).click();
    await dialog(other).getByText('已修改').waitFor();

    await button(page, '完成').click();
    await page.getByRole('navigation').getByRole('link', { name: '变更记录' }).click();
    const newest = page.locator('.rows > li').first();
    await newest.getByText('second').waitFor();
    expect(await newest.locator('.made').textContent()).toContain('lisi');
  });

  it('refuses a member without the permission, and says what the operator runs', async () => {
    const page = await admin.signedIn('zhengshi');
    await page.getByRole('heading', { name: '你没有管理权限' }).waitFor();
    expect(await page.locator('pre').textContent()).toBe(
      'npm run permissions -- grant user:zhengshi admin:permissions',
    );
    expect(await page.getByRole('navigation').count()).toBe(0);
    await admin.isInOrder(page);
  });

  it('asks for a confirmation in words where everyone gets more, and says what one lacks', async () => {
    const page = await admin.signedIn('lisi');
    await button(page, '新的授权').click();
    await dialog(page).getByLabel('类型').selectOption('everyone');
    await dialog(page).getByRole('button', { name: '添加', exact: true }).click();
    await dialog(page)
      .getByLabel(/权限名/)
      .fill('canteen');
    await button(page, '预览').click();
    await dialog(page).getByText('我确认：全体成员将得到更多权限。').waitFor();
    expect(await button(page, /^确认修改/).isEnabled()).toBe(false);
    await dialog(page).getByText('我确认').click();
    expect(await button(page, /^确认修改/).isEnabled()).toBe(true);

    await button(page, '返回修改').click();
    await dialog(page).getByLabel('类型').selectOption('tag');
    await dialog(page).getByLabel('标签 ID').fill('7');
    await dialog(page).getByRole('button', { name: '添加', exact: true }).click();
    await dialog(page)
      .getByLabel(/权限名/)
      .fill('verify:any');
    admin.stack.wecom.faults.add(60020, { on: 'tag/get', times: 1 });
    await button(page, '预览').click();
    await dialog(page)
      .getByText(/^没有核对全部授权对象：企业微信返回 60020/)
      .waitFor();
    await dialog(page).getByText('你没有权限 verify:any').first().waitFor();
    expect(await button(page, /^确认修改/).count()).toBe(0);
    await button(page, '去掉不能修改的').click();
    await dialog(page).getByText('你没有权限').first().waitFor({ state: 'detached' });
    await button(page, /^确认修改（2 条）/).waitFor();
  });

  it('keeps what was typed when the session ends, and sends nothing twice', async () => {
    const page = await admin.signedIn('user123');
    await page.goto(`${admin.api.url}/admin#/member/wujiu`);
    await button(page, '给成员授权').click();
    await dialog(page)
      .getByLabel(/权限名/)
      .fill('draft');
    await button(page, '再加一项').click();
    await dialog(page).getByLabel(/备注/).fill('long thoughts');
    await page.route('**/api/admin/grants/preview', (route) =>
      route.fulfill({ status: 401, json: {}, headers: { 'x-error-code': 'ERR_UNAUTHENTICATED' } }),
    );
    await button(page, '预览').click();
    await dialog(page).getByRole('button', { name: '重新登录' }).click();
    await page.unroute('**/api/admin/grants/preview');
    await page.waitForURL(`${admin.stack.wecom.url}/**`);
    await page.locator('input[name=who][value=user123]').check();
    await page.locator('.actions button').first().click();
    await dialog(page).getByText('draft').waitFor();
    expect(await dialog(page).getByLabel(/备注/).inputValue()).toBe('long thoughts');
    expect(new URL(page.url()).hash).toBe('#/member/wujiu');

    let sent = 0;
    await page.route('**/api/admin/grants', async (route) => {
      sent += 1;
      await route.continue();
    });
    await button(page, '预览').click();
    await button(page, /^确认修改/).dblclick();
    await dialog(page).getByText('已修改').waitFor();
    expect(sent).toBe(1);
  });

  it('takes names and notes for text', async () => {
    const member = admin.stack.wecom.company.members.find(({ userid }) => userid === 'sunqi');
    const department = admin.stack.wecom.company.departments.find(({ id }) => id === 12);
    if (!member || !department) throw new Error('the fixture company changed');
    const { name } = member;
    onTestFinished(() => {
      member.name = name;
    });
    member.name = MARKUP;
    const page = await admin.signedIn('user123');
    await page.goto(`${admin.api.url}/admin#/department/7`);
    await page.getByRole('link', { name: MARKUP }).click();
    await page.getByRole('heading', { name: MARKUP }).waitFor();
    await button(page, '给成员授权').click();
    await dialog(page)
      .getByLabel(/权限名/)
      .fill('markup');
    await dialog(page).getByLabel(/备注/).fill(MARKUP);
    await confirm(page);
    await button(page, '完成').click();
    await page.locator('.rows .note:visible', { hasText: MARKUP }).first().waitFor();
    await page.getByRole('navigation').getByRole('link', { name: '变更记录' }).click();
    await page.locator('.rows .note:visible', { hasText: MARKUP }).first().waitFor();
    expect(await page.locator('main img').count()).toBe(0);
  });

  it('is shown in no frame', async () => {
    const other = await serve((_request, response) => {
      const body = `<iframe src="${admin.api.url}/admin"></iframe>`;
      response.writeHead(200, { 'content-type': 'text/html' }).end(body);
    });
    const page = await admin.open();
    await page.goto(other.url);
    await expect.poll(() => admin.errors.join()).toContain('frame-ancestors');
    admin.errors.length = 0;
  });

  it('adds an application, shows its secret once, replaces it, and removes it', async () => {
    const page = await admin.signedIn('user123');
    await page.getByRole('navigation').getByRole('link', { name: '应用' }).click();
    await button(page, '添加应用').click();
    await dialog(page).getByLabel(/^名称/).fill('报表 <b>');
    await dialog(page)
      .getByLabel(/^回调地址/)
      .fill('not an address');
    await dialog(page).getByRole('button', { name: '添加', exact: true }).click();
    await dialog(page).getByRole('alert').waitFor();
    await dialog(page)
      .getByLabel(/^回调地址/)
      .fill('https://reports.example.com/callback');
    await dialog(page)
      .getByLabel(/^需要的权限/)
      .fill('app:reports');
    await dialog(page).getByRole('button', { name: '添加', exact: true }).click();
    const secret = await dialog(page).locator('.secret').textContent();
    expect(secret).toMatch(/^[\w-]{40,}$/);
    await admin.isInOrder(page);
    await dialog(page).getByRole('button', { name: '完成' }).click();

    await page.getByRole('link', { name: '报表 <b>' }).click();
    await page.getByText('目前没有人').waitFor();
    await button(page, '更换密钥').click();
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/secret', async (route) => {
      await held;
      await route.continue();
    });
    await dialog(page).getByRole('button', { name: '更换' }).click();
    // A key too many must not lose a secret that nobody sees again.
    await page.keyboard.press('Escape');
    answer();
    const next = await dialog(page).locator('.secret').textContent();
    expect(next).not.toBe(secret);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(await dialog(page).locator('.secret').textContent()).toBe(next);
    await dialog(page).getByRole('button', { name: '完成' }).click();
    await page.getByText('更换密钥', { exact: false }).last().waitFor();
    expect(await page.locator('body').innerText()).not.toContain(String(next));
    await button(page, '移除应用').click();
    await dialog(page).getByRole('button', { name: '移除' }).click();
    await page.getByRole('heading', { name: '应用', level: 1 }).waitFor();
    await page.getByRole('link', { name: '报表 <b>' }).waitFor({ state: 'detached' });
  });

  it('imports a file after its wrong lines are mended, and exports what a spreadsheet opens', async () => {
    const page = await admin.signedIn('user123');
    await page.getByRole('navigation').getByRole('link', { name: '导入与导出' }).click();
    const file = (text: string | Buffer) => ({
      name: 'grants.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(text),
    });
    const choose = page.getByLabel('选择文件');
    await choose.setInputFiles(file('subject,permission,effect\nuser:,file:read,allow\n'));
    await page.getByRole('alert').getByText('第 2 行').waitFor();
    await page.route(
      '**/api/admin/grants/preview',
      (route) => route.fulfill({ status: 429, json: {} }),
      { times: 1 },
    );
    await choose.setInputFiles(file('subject,permission\nuser:lisi,file:read\n'));
    await page.getByRole('alert').getByText('请求过多').waitFor();
    await expect.poll(() => page.getByText('正在预览').count()).toBe(0);
    // As Excel on a Chinese Windows saves it.
    const gbk = Buffer.concat([
      Buffer.from('subject,permission,effect,until,note\nuser:lisi,file:read,allow,,'),
      Buffer.from([0xca, 0xd4, 0xd3, 0xc3]),
      Buffer.from('\n'),
    ]);
    await choose.setInputFiles(file(gbk));
    await page.getByText('1 条将会改变').waitFor();
    await page.getByText('试用').waitFor();
    await button(page, /^确认导入/).click();
    await page.getByText('已导入 1 条').waitFor();
    expect(await admin.verify('lisi', 'file:read')).toBe(true);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      button(page, '导出 CSV').click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    expect(text).toMatch(/^\uFEFFsubject,permission/);
    expect(text).toContain('user:lisi,file:read,allow,,试用');
  });

  it('works by keyboard alone', async () => {
    const page = await admin.signedIn('user123');
    const focused = () =>
      page.evaluate<string>(
        '(document.activeElement.ariaLabel ?? document.activeElement.textContent).trim()',
      );
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.getByRole('heading', { name: '成员', level: 1 }).waitFor();
    await expect.poll(focused).toBe('成员');
    await page.getByRole('treeitem').first().focus();
    await press('End', 'Home');
    await expect.poll(focused).toContain('技术部');
    await press('ArrowLeft', 'ArrowRight', 'ArrowDown');
    await expect.poll(focused).toContain('后端组');
    await press('ArrowLeft', 'Enter');
    await page.getByRole('heading', { name: '技术部', level: 1 }).waitFor();
    await expect.poll(focused).toBe('技术部');
    await press('Tab', 'Enter');
    await dialog(page).waitFor();
    await press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    await expect.poll(focused).toBe('给部门授权');
  });

  const SIZES: Readonly<Record<string, typeof WIDE>> = { '1440': WIDE, '375': NARROW };

  it.each(['zh-CN', 'en-US'] as const)(
    'is accessible (axe) and fits at 1440 and 375 px in %s, every view',
    async (locale) => {
      await permit(admin.stack, 'department#2', 'report:read');
      const page = await admin.open(locale);
      const look = async (name: string) => {
        await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
        for (const [width, size] of Object.entries(SIZES)) {
          await page.setViewportSize(size);
          await shoot(page, `${name}-${width}-${locale.slice(0, 2)}`, { fullPage: true });
          await admin.isInOrder(page);
        }
      };
      await look('sign-in');
      await admin.signIn(page, 'user123');
      await page.getByRole('tree').waitFor();
      await look('people');
      const visit = async (route: string) => {
        await page.goto(`${admin.api.url}/admin#/${route}`);
        await page.locator('h1').waitFor();
      };
      await visit('department/2');
      await page.locator('.members a').first().waitFor();
      await look('department');
      await visit('member/qianer');
      await page.locator('.decisions > li').first().waitFor();
      await look('member');
      await page.locator('.opened .actions button').first().click();
      await page.locator('dialog select').selectOption('everyone');
      await page.locator('dialog .fields button').first().click();
      await page.locator('dialog select').selectOption('department');
      await page.locator('dialog [role=treeitem]').first().click();
      await page.locator('dialog input[list=permission-names]').fill('report:read');
      await look('change');
      await page.locator('dialog button[type=submit]').click();
      await page.locator('dialog .warning').first().waitFor();
      await look('preview');
      await page.keyboard.press('Escape');
      for (const [route, shown] of [
        ['permissions', '.rows li'],
        ['permission/report:read', '.rows li'],
        ['applications', '.actions'],
        ['history', '.actions'],
        ['import', 'input[type=file]'],
        ['member/nobody', '.refusal'],
      ] as const) {
        await visit(route);
        await page.locator(shown).first().waitFor();
        await look(route.replace(/\W/g, '-'));
      }
    },
  );
});
