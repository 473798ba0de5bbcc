/*
 * A classic script in the head, so that the language is set before anything is drawn. The page has
 * every text in both languages; page.css shows the one of <html lang>.
 */
{
  const KEPT = 'demo.language';
  const TITLES: Record<string, string> = {
    'zh-CN': '企业微信登录演示 · wecom-auth',
    en: 'WeCom sign-in demonstration · wecom-auth',
  };
  const show = (language: string) => {
    document.documentElement.lang = language;
    document.title = TITLES[language] ?? '';
  };
  const first = navigator.languages.find((each) => /^(zh|en)\b/i.test(each));
  const kept = localStorage.getItem(KEPT) ?? '';
  show(kept in TITLES ? kept : first?.toLowerCase().startsWith('en') ? 'en' : 'zh-CN');
  document.addEventListener('click', ({ target }) => {
    if (!(target instanceof Element) || target.closest('#language') === null) return;
    const other = document.documentElement.lang === 'en' ? 'zh-CN' : 'en';
    localStorage.setItem(KEPT, other);
    show(other);
  });
}
