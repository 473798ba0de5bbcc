/** The only stylesheet; its hash stands in the Content-Security-Policy. */
export const STYLE = `
:root{color-scheme:light;--ink:#1a2233;--soft:#566075;--line:#dde2ea;--accent:#1f5fd0;--good:#0b7a4b;--paper:#fff;--ground:#eef1f6}
*{box-sizing:border-box}
html[lang=en] [lang=zh-CN],html[lang=zh-CN] [lang=en]{display:none}
html{scroll-padding-bottom:6rem}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.6 -apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",system-ui,sans-serif}
main{max-width:46rem;margin:0 auto;padding:1.25rem 1rem 3rem}
.emulator{background:#fff4d6;border-bottom:1px solid #ecd28a;color:#5c4300;font-size:.875rem;padding:.5rem 1rem;display:flex;gap:1rem;align-items:center;justify-content:space-between}
.emulator p{margin:0}
.emulator a{color:inherit}
.language{flex:none}
.card{background:var(--paper);border:1px solid var(--line);border-radius:14px;padding:1.5rem;box-shadow:0 6px 24px rgb(26 34 51/.06)}
header{display:flex;gap:.9rem;align-items:center;margin-bottom:1.1rem}
.mark{flex:none;width:3rem;height:3rem;border-radius:12px;background:var(--accent);color:#fff;display:grid;place-items:center;font-size:1.35rem;font-weight:600}
h1{font-size:1.25rem;line-height:1.35;margin:0}
h2{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.4rem 0}
small{color:var(--soft);font-size:.875rem}
fieldset{border:0;padding:0;margin:0 0 1.1rem}
legend{font-weight:600;padding:0;margin-bottom:.5rem}
.people{display:grid;gap:.5rem}
@media(min-width:44rem){.people{grid-template-columns:1fr 1fr}}
.person,.field{display:flex;gap:.75rem;align-items:center;border:1px solid var(--line);border-radius:10px;padding:.6rem .75rem;cursor:pointer;min-width:0}
.person:hover,.field:hover{border-color:#9db3dd}
.person:has(:checked),.field:has(:checked){border-color:var(--accent);background:#f3f7ff}
.person:has(:focus-visible),.field:has(:focus-visible){outline:3px solid #5a8dee;outline-offset:1px}
input[type=radio],input[type=checkbox]{flex:none;width:1.1rem;height:1.1rem;margin:0;accent-color:var(--accent)}
.face{flex:none;width:2.4rem;height:2.4rem;border-radius:8px;background:#e1e9fa;color:#1a4aa3;display:grid;place-items:center;font-weight:600}
.about{min-width:0;overflow-wrap:anywhere;line-height:1.4}
.about>*{display:block}
html[lang=en] .about [lang=zh-CN],html[lang=zh-CN] .about [lang=en]{display:none}
.about b{font-weight:600}
.about b small{font-weight:400}
.warn{color:#8a3b00;font-size:.875rem}
.fields{display:grid;gap:.5rem}
.field span{flex:1;min-width:0;overflow-wrap:anywhere}
.remember{display:flex;gap:.6rem;align-items:center;margin:0 0 1.1rem;font-size:.9375rem}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;position:sticky;bottom:0;background:var(--paper);padding:.75rem 0;margin-bottom:-.75rem}
form{min-width:0}
button{font:inherit;font-weight:600;border-radius:10px;border:1px solid var(--accent);background:var(--accent);color:#fff;padding:.7rem 1.4rem;cursor:pointer;flex:1 1 8rem}
button:hover{background:#174ca8}
button.quiet{background:#fff;color:var(--ink);border-color:#8b95a7}
button.quiet:hover{background:#f1f3f7}
button:focus-visible,a:focus-visible,.scroll:focus-visible{outline:3px solid #5a8dee;outline-offset:2px}
a{color:var(--accent)}
.scan{display:grid;justify-items:center;gap:.5rem;text-align:center;margin-bottom:1.25rem}
.scan svg{width:9.5rem;height:9.5rem}
code{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;background:#eef1f6;border-radius:5px;padding:.05rem .3rem;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem}
th,td{word-break:keep-all;text-align:left;padding:.4rem .6rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;white-space:nowrap}
ul{padding-left:1.2rem;margin:.4rem 0}
.wide{max-width:72rem}
.wide>.card,.columns{margin-top:1rem}
.menu{display:flex;flex-wrap:wrap;gap:.25rem .35rem}
.menu a,.choices a{padding:.35rem .7rem;border-radius:8px;text-decoration:none;color:var(--ink)}
.menu a:hover,.choices a:hover{background:#e1e6ef}
.menu [aria-current],.choices [aria-current]{background:var(--accent);color:#fff}
.choices{display:flex;gap:.35rem;margin:0}
.message{border:1px solid #a9d5bf;background:#eefaf3;color:#0a5c39;border-radius:10px;padding:.6rem .9rem;margin:1rem 0 0}
.message.bad{border-color:#e3b5ac;background:#fdf1ef;color:#8a1f0c;overflow-wrap:anywhere}
.wide h1{margin:0 0 .75rem}
.wide h1 small{font-weight:400}
.wide .card>h2:first-child{margin-top:0}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1.25rem;margin:0 0 .75rem}
.facts dt{color:var(--soft)}
.facts dd{margin:0;min-width:0;overflow-wrap:anywhere}
.columns{display:grid;gap:1rem}
@media(min-width:56rem){.columns{grid-template-columns:18rem minmax(0,1fr);align-items:start}}
.columns>*{min-width:0}
.tree{padding:1rem 1.25rem;font-size:.9375rem}
.tree ul{list-style:none;padding-left:.9rem;margin:0}
.tree>ul{padding-left:0}
.tree a{text-decoration:none;color:var(--ink);padding:.1rem .35rem;border-radius:6px;display:inline-block}
.tree a:hover{background:#eef1f6}
.tree [aria-current]{background:#e1e9fa;color:#1a4aa3;font-weight:600}
.doings{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}
.doing{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:.6rem 0}
.doings .doing{margin:0}
.wide button{flex:none;padding:.45rem 1rem;font-weight:500;border-radius:8px}
.wide button.danger{background:#fff;color:#a32311;border-color:#c9786b}
.wide button.danger:hover{background:#fdf1ef}
.entry{display:grid;gap:.15rem;flex:1 1 11rem;min-width:0;max-width:24rem;font-size:.875rem;color:var(--soft)}
.entry.wide{flex-basis:100%;max-width:none}
.tick{display:flex;gap:.5rem;align-items:center;font-size:.9375rem;padding:.4rem 0}
.wide input:not([type=checkbox]),.wide select{font:inherit;font-size:.9375rem;color:var(--ink);background:#fff;border:1px solid #8b95a7;border-radius:8px;padding:.4rem .6rem;width:100%;min-width:0}
.wide input:focus-visible,.wide select:focus-visible,summary:focus-visible{outline:3px solid #5a8dee;outline-offset:1px}
summary{cursor:pointer;padding:.35rem 0;overflow-wrap:anywhere}
.wide .card>details{border-top:1px solid var(--line);margin-top:.75rem;padding-top:.35rem}
.rows{list-style:none;padding:0;margin:.5rem 0}
.rows>li{border-bottom:1px solid var(--line);padding:.55rem 0;min-width:0;overflow-wrap:anywhere}
.rows>li:last-child{border-bottom:0}
.rows p{margin:.1rem 0}
.rows .doing{margin:.35rem 0 .1rem}
.rows .end{float:right}
.inline>li{display:flex;gap:.75rem;align-items:center;justify-content:space-between}
.inline .doing{margin:0;flex:none}
.inline>li>div,.inline>li>p{min-width:0}
.switches>li{display:grid;gap:.2rem .75rem}
@media(min-width:44rem){.switches>li{grid-template-columns:1fr 14rem;align-items:center}.switches>li>p{grid-row:2}.switches>li>input,.switches>li>select{grid-column:2;grid-row:1/3}}
.changed{color:#8a3b00;font-size:.875rem}
.outcome{display:inline-block;min-width:1.6rem;text-align:center;border-radius:6px;padding:0 .4rem;background:#e3f4eb;color:#0a5c39;font-size:.875rem}
.outcome.bad{background:#fbe6e2;color:#8a1f0c}
.document{white-space:nowrap;font-size:.875rem}
.pager{display:flex;gap:1rem;align-items:center;margin-top:.75rem;font-size:.9375rem}
`;
