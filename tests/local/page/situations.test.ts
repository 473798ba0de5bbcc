import { describe, expect, it } from 'vitest';
import { inChromium, missingChromium, NARROW, WIDE } from '../../harness/chromium.ts';
import { Demonstration, type Locale } from './demonstration.ts';

/** The place of each in the list, and what the visitor reads, in both languages. */
const SITUATIONS = [
  [0, '已离职的成员', '未激活、已禁用或已退出企业', 'has left the company', '403'],
  [1, '已禁用的成员', '未激活、已禁用或已退出企业', 'is disabled', '403'],
  [2, '不在可见范围的成员', '不在这个应用的可见范围内', 'outside the visible range', '60011'],
  [3, '非企业成员', '不是这家企业的成员', 'not a member of this company', '403'],
  [5, '授权码已过期', '登录已失效', 'no longer valid', '40029'],
  [6, 'state 已经用过', '登录已失效', 'no longer valid', '401'],
  [7, '企业微信繁忙（45009）', '登录服务正忙', 'is busy', '45009'],
  [8, '我们的配置有误（60020）', '登录服务出现问题', 'has an error', '500'],
] as const;
const [CANCELLED, BUSY, TWO_SIGN_INS] = [4, 7, 9];

const SIZES = [
  ['1440', WIDE],
  ['375', NARROW],
] as const;
const LOCALES: readonly Locale[] = ['zh-CN', 'en-US'];
const EVERYWHERE = SIZES.flatMap(([width, size]) =>
  LOCALES.map((locale) => [width, locale, size] as const),
);

describe.skipIf(missingChromium)(inChromium('the situations of the demonstration page'), () => {
  const demo = new Demonstration();

  /** The buttons stand in a part that is closed on a narrow screen. */
  async function play(at: number): Promise<void> {
    const { page } = demo;
    const part = page.locator('#situations details');
    if ((await part.getAttribute('open')) === null) {
      await part.locator('summary').click();
    }
    await page.locator('#situation-list button').nth(at).click();
  }

  it.each(EVERYWHERE)('show what people see, at %s px in %s', async (width, locale, size) => {
    await demo.open(size, locale);
    const { page } = demo;
    for (const [at, name, zh, en, detail] of SITUATIONS) {
      const alert = page.getByRole('alert');
      await play(at);
      const text = locale === 'zh-CN' ? zh : en;
      await alert.locator('b', { hasText: text }).waitFor();
      expect(await alert.innerText(), name).toContain(detail);
      // The newest sign-in stands first, and its newest step.
      if (locale === 'zh-CN') {
        expect(await page.locator('.group summary').first().innerText()).toContain(name);
      }
      expect(await page.locator('body').innerText()).not.toMatch(/[\w-]{43}/);
      await demo.shoot(page, `situation-${at}-${width}-${locale.slice(0, 2)}`);
    }
    await demo.isInOrder();
  });

  it('show a cancel as no error', async () => {
    await demo.open();
    await play(CANCELLED);
    await demo.page.getByText('你取消了登录。').waitFor();
    expect(await demo.page.getByRole('alert').isVisible()).toBe(false);
    expect(await demo.page.locator('.steps .bad').count()).toBe(0);
  });

  it('let two sign-ins in one tab both finish', async () => {
    await demo.open();
    await play(TWO_SIGN_INS);
    await demo.signedInAs('张三');
    const answers = await demo.page.locator('.group').first().locator('pre.answer').allInnerTexts();
    const redeemed = answers.filter((each) => each.includes('"session"'));
    expect(redeemed).toHaveLength(2);
  });

  it('finish the same sign-in when WeCom is no longer busy', async () => {
    await demo.open();
    await play(BUSY);
    await demo.page.getByRole('button', { name: '再试一次' }).click();
    await demo.signedInAs('张三');
    expect(await demo.page.getByRole('alert').isVisible()).toBe(false);
  });

  it('leave the emulator as it was', () => {
    const { faults, behaviour } = demo.stack.wecom;
    expect(faults.list()).toEqual([]);
    expect(behaviour.codeLifetimeSeconds).toBe(300);
  });
});

describe.skipIf(missingChromium)(inChromium('the company of the demonstration page'), () => {
  const demo = new Demonstration();
  const verdict = () => demo.page.locator('#verdict');
  const change = (name: string) =>
    demo.page.locator('#changes').getByRole('button', { name }).click();

  it.each(EVERYWHERE)(
    'tells the story at %s px in %s: signed in, permitted, disabled, not permitted',
    async (width, locale, size) => {
      await demo.open(size, locale);
      await demo.signInByQr();
      const { page } = demo;
      const isChinese = locale === 'zh-CN';
      await page
        .getByRole('heading', { name: isChinese ? '欢迎，张三' : 'Welcome, 张三' })
        .waitFor();
      await demo.isInOrder();
      await demo.shoot(page, `member-${width}-${locale.slice(0, 2)}`);
      await change(isChinese ? '禁用' : 'Disable');
      await page.locator('#verdict.no').waitFor();
      await page
        .getByRole('heading', { name: isChinese ? '你没有访问权限' : 'You do not have access' })
        .waitFor();
      expect(await verdict().innerText()).toMatch(isChinese ? /[\d.]+ 秒后生效/ : /after [\d.]+ s/);
      await demo.isInOrder();
      await demo.shoot(page, `disabled-${width}-${locale.slice(0, 2)}`);
      await change(isChinese ? '启用' : 'Enable');
      await page.locator('#verdict.yes').waitFor();
      await page
        .getByRole('heading', { name: isChinese ? '欢迎，张三' : 'Welcome, 张三' })
        .waitFor();
    },
  );

  it('offers members and permissions to choose from', async () => {
    await demo.open();
    await demo.signInByQr();
    const { page } = demo;
    const values = (list: string) =>
      page
        .locator(`#${list} option`)
        .evaluateAll((options) =>
          (options as unknown as { value: string }[]).map(({ value }) => value),
        );
    expect(await values('members')).toContain('qianer');
    expect(await values('permissions')).toEqual([
      'access',
      'report:read',
      'verify:any',
      'admin:permissions',
      'admin:clients',
    ]);
  });

  it('shows the answer of verify beside a rename, and the steps of it', async () => {
    await demo.open();
    await demo.signInByQr();
    await change('改账号');
    await demo.page.getByText('✓ 张三 user123.new 有权限 access').waitFor();
    await demo.page.getByRole('heading', { name: '你没有访问权限' }).waitFor();
    expect(await demo.page.locator('.group').first().innerText()).toContain('update_user');
    await change('改账号');
    await demo.page.getByText('✓ 张三 user123 有权限 access').waitFor();
  });

  it('greets nobody who has left, after a reload too, and says how grants come back', async () => {
    await demo.open();
    await demo.signInByQr();
    const { page } = demo;
    await change('离职');
    await page.getByText('✗ 张三 user123 没有权限 access').waitFor();
    await page.getByRole('heading', { name: '你没有访问权限' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: '你没有访问权限' }).waitFor();
    expect(await page.getByText('欢迎').isVisible()).toBe(false);
    await change('重新入职');
    await page
      .locator('#hint .zh', {
        hasText: `PORT=${new URL(page.url()).port} npm run permissions -- reinstate user:user123`,
      })
      .waitFor();
  });
});
