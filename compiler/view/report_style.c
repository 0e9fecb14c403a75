/* The style and the script of the report. The script sorts tables where a heading is chosen; without it the
 * page shows the same. Its hash stands in the page's policy, so that no other script can run (a test compares
 * them).
 */
#include "view/report_parts.h"

const char REPORT_STYLE[] =
    ":root{color-scheme:light "
    "dark;--bg:#fff;--fg:#0f172a;--dim:#475569;--line:#cbd5e1;--soft:#f1f5f9;--ac:#1d4ed8;"
    "--less:#15803d;--more:#b45309;--c0:#93c5fd;--c1:#c4b5fd;--c2:#fcd34d;--c3:#99f6e4;--c4:#fbcfe8;--c5:#"
    "cbd5e1;"
    "--peak:#b91c1c}"
    "@media(prefers-color-scheme:dark){:root{--bg:#12161c;--fg:#f1f5f9;--dim:#b4bfcc;--line:#3b4654;--soft:#"
    "1d232c;"
    "--ac:#93c5fd;--less:#86efac;--more:#fdba74;--c0:#1e4a8a;--c1:#4c3a92;--c2:#7a5710;--c3:#12605a;--c4:#"
    "7d2559;"
    "--c5:#475569;--peak:#f87171}}"
    "body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 Helvetica,Arial,'Liberation "
    "Sans',sans-serif}"
    "header,main{max-width:1180px;margin:0 auto;padding:0 "
    "20px}header{padding-top:24px}h1{margin:0;font-size:26px;"
    "overflow-wrap:anywhere}header p{margin:2px 0 10px;color:var(--dim)}h2{margin:36px 0 8px;font-size:19px}"
    "nav a,a{color:var(--ac);margin-right:14px}.tiles{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}"
    ".tile{background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:8px 14px}"
    "dt{color:var(--dim);font-size:13px}dd{margin:0;font-size:18px;font-weight:bold}"
    ".scroll{overflow:auto;border:1px solid var(--line);border-radius:8px;margin:0}.graph{max-height:640px}"
    ".graph svg{display:block;margin:0 auto}table{border-collapse:collapse;width:100%;font-size:13.5px}"
    "th,td{padding:5px 10px;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}"
    "tbody tr:last-child td{border-bottom:0}"
    "th{background:var(--soft);position:sticky;top:0;white-space:nowrap}th button{all:unset;cursor:pointer}"
    "th button:focus-visible,.scroll:focus-visible{outline:2px solid var(--ac)}"
    ".num,.shape{white-space:nowrap}.num{text-align:right;font-variant-numeric:tabular-nums}code{font-size:12.5px}"
    ".bar{margin-left:8px}.bar .track{fill:var(--line)}.bar .fill{fill:var(--ac)}"
    ".less{color:var(--less)}.more{color:var(--more)}"
    ".map{display:block;font-size:11px}.map text{fill:var(--dim)}.map text.in{fill:var(--fg);font-size:10px}"
    ".map rect{stroke:var(--bg);stroke-width:.7}.map g:hover rect{stroke:var(--fg);stroke-width:1.5}"
    ".map .tick{stroke:var(--line);stroke-width:.5}.map .peak{stroke:var(--peak);stroke-width:1.5}"
    ".map .bound{stroke:var(--peak);stroke-width:1.2;stroke-dasharray:6 4}.c0 rect{fill:var(--c0)}"
    ".c1 rect{fill:var(--c1)}.c2 rect{fill:var(--c2)}.c3 rect{fill:var(--c3)}.c4 rect{fill:var(--c4)}"
    ".c5 rect{fill:var(--c5)}";

const char REPORT_SCRIPT[] =
    "for(const t of document.querySelectorAll('table.sort'))t.querySelectorAll('th').forEach((h,i)=>{"
    "const "
    "b=document.createElement('button');b.textContent=h.textContent;b.title='sort';h.replaceChildren(b);"
    "let up=false;b.onclick=()=>{up=!up;const v=r=>{const c=r.cells[i];return 'v' in c.dataset?+c.dataset.v:"
    "c.textContent};const s=up?-1:1;t.tBodies[0].append(...[...t.tBodies[0].rows].sort((a,b)=>{const "
    "x=v(a),y=v(b);"
    "return x===y?0:x===+x?s*(x-y):-s*x.localeCompare(y)}));h.setAttribute('aria-sort','other')}})";

const char REPORT_SCRIPT_HASH[] = "sha256-qDdp1/NSvQL/b2VJ1YJ3B8yJ4TOVOlxBsPbmYNjorMA=";
