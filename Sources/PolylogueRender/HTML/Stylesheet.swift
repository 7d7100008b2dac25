/// The styles of rendered pages.
enum Stylesheet {
  /// Colours are named once with their light and their dark value; the page's scheme chooses.
  static let standard = """
    :root{color-scheme:light dark;--bg:light-dark(#fbfaf8,#15171a);--card:light-dark(#fff,#1c1f23);\
    --ink:light-dark(#1f2328,#dfe3e8);--soft:light-dark(#5d6570,#98a1ac);\
    --line:light-dark(#e4e1dc,#2e333a);--you:light-dark(#eef3fb,#1d2733);\
    --code:light-dark(#f4f2ee,#101214);--link:light-dark(#0b57b8,#7db4ff);\
    --mark:light-dark(#b4531b,#f0a36b);--kw:light-dark(#8c2f8f,#d59be0);\
    --str:light-dark(#23702f,#93d09b);--num:light-dark(#0a5aa8,#86bdf5);\
    --add:light-dark(#dcf3df,#16301b);--del:light-dark(#fbe3e1,#3a1c1c);\
    --err:light-dark(#b3261e,#ff9a90)}
    :root:has(#light:checked){color-scheme:light}:root:has(#dark:checked){color-scheme:dark}
    *{box-sizing:border-box}
    html{background:var(--bg);color:var(--ink);-webkit-text-size-adjust:100%;\
    font:1.0625rem/1.62 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
    body{margin:0 auto;max-width:50rem;padding:1rem 1.25rem 4rem;overflow-wrap:anywhere}
    a{color:var(--link);text-underline-offset:.15em;text-decoration-thickness:.06em}
    :focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
    .sr,.on,.off{position:absolute;width:1px;height:1px;margin:0;overflow:hidden;\
    clip-path:inset(50%);white-space:nowrap}
    .bar{display:flex;gap:1rem;justify-content:space-between;align-items:center;color:var(--soft);\
    font-size:.82rem;min-height:2rem}
    .bar a{color:inherit}
    .theme{border:1px solid var(--line);border-radius:99px;padding:.1rem;margin:0;display:flex;\
    flex:none}
    .theme input{position:absolute;opacity:0}
    .theme label{padding:.05rem .6rem;border-radius:99px;cursor:pointer}
    .theme input:checked+label{background:var(--line);color:var(--ink)}
    .theme input:focus-visible+label{outline:2px solid var(--link)}
    .top{margin:1.6rem 0 2.2rem;padding-bottom:1.3rem;border-bottom:1px solid var(--line)}
    h1{font-size:1.85rem;line-height:1.22;letter-spacing:-.015em;margin:0 0 .7rem;\
    text-wrap:balance;unicode-bidi:plaintext}
    .facts{display:flex;flex-wrap:wrap;gap:.15rem .9rem;margin:0;color:var(--soft);\
    font-size:.86rem;list-style:none;padding:0}
    .facts .id{font-family:ui-monospace,monospace;font-size:.78rem}
    .tag{border:1px solid var(--line);border-radius:99px;padding:0 .55rem}
    .m{margin:0 0 1.7rem;border-radius:12px;scroll-margin-top:1rem}
    .m>header,.m>summary{display:flex;flex-wrap:wrap;gap:.1rem .7rem;align-items:baseline;\
    color:var(--soft);font-size:.82rem;margin-bottom:.35rem}
    .m h2{font-size:.86rem;margin:0;color:var(--ink);font-weight:650}
    .m time{font-variant-numeric:tabular-nums}
    .m time,.m .at{color:inherit;text-decoration:none}
    .u{background:var(--you);padding:.85rem 1.15rem .75rem}
    .a h2::before{content:"";display:inline-block;width:.5rem;height:.5rem;border-radius:50%;\
    background:var(--mark);margin-inline-end:.5rem;vertical-align:.06em}
    .y,.q{color:var(--soft);border:1px dashed var(--line);padding:.55rem 1rem;font-size:.92rem}
    .q:not([open])>summary{margin:0}
    .x{position:relative;margin-bottom:1rem}.x>.d{margin:.35rem 0}
    .m:has(+.x){margin-bottom:.6rem}.x:has(+.x){margin-bottom:.35rem}
    .x>header{position:absolute;inset-inline-end:.8rem;top:.55rem;z-index:1;margin:0;font-size:.75rem}
    .x>header>:not(.at,.sw){position:absolute;clip-path:inset(50%)}
    .x>header+.d>summary{padding-inline-end:8.5rem}.x:has(.sw)>header+.d>summary{padding-inline-end:13rem}
    .sw{margin-inline-start:auto;display:inline-flex;align-items:center;gap:.1rem;\
    font-variant-numeric:tabular-nums;color:var(--ink)}
    .sw label{cursor:pointer;padding:0 .5rem;border-radius:6px;font-size:1.05rem;line-height:1.5}
    .sw label:hover{background:var(--line)}
    .alt{display:none}
    .off:checked+.alt{display:block}
    .off:checked~.m,.off:checked~.more{display:none}
    .off:checked~.off+.alt{display:none}
    .off:focus-visible+.alt>.m:first-of-type,.on:focus-visible+.m{outline:2px solid var(--link);\
    outline-offset:4px}
    .t>:first-child{margin-top:0}.t>:last-child{margin-bottom:0}
    .t{unicode-bidi:isolate}
    .t :is(p,li,h3,h4,h5,h6,td,th,blockquote){unicode-bidi:plaintext;text-align:start}
    .t p{margin:.7em 0;white-space:pre-wrap}
    .t li>p{margin:.2em 0}
    .t :is(ul,ol){margin:.6em 0;padding-inline-start:1.6em}
    .t li{margin:.18em 0}
    .task{list-style:none;margin-inline-start:-1.35em!important}
    .task>p{display:inline}.task input{margin:0 .45em 0 0;accent-color:var(--mark)}
    h3,h4,h5,h6{line-height:1.3;margin:1.35em 0 .5em;text-wrap:balance}
    h3{font-size:1.32rem}h4{font-size:1.16rem}h5{font-size:1.04rem}h6{font-size:.95rem}
    hr{border:0;border-top:1px solid var(--line);margin:1.6em 0}
    blockquote{margin:.8em 0;padding:.05em 0 .05em 1em;border-inline-start:3px solid var(--line);\
    color:var(--soft)}
    code,pre,.math{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;\
    font-size:.86em}
    :not(pre)>code{background:var(--code);border:1px solid var(--line);border-radius:5px;\
    padding:.08em .32em}
    pre{margin:.8em 0;white-space:pre;overflow:auto;max-height:40rem;background:var(--code);\
    border:1px solid var(--line);border-radius:9px;padding:.75rem 1rem;line-height:1.5;tab-size:4;\
    position:relative;color:var(--ink)}
    pre code{font-size:1em}
    pre[data-language]::before{content:attr(data-language);position:sticky;inset-inline-start:0;\
    display:block;color:var(--soft);font-size:.72rem;margin:-.25rem 0 .3rem;letter-spacing:.04em}
    pre.raw,.math,.out{white-space:pre-wrap}.display{display:block;text-align:center;margin:.6em 0}
    pre b{color:var(--kw);font-weight:550}pre i{font-style:normal}pre .c{color:var(--soft);\
    font-style:italic}pre .s{color:var(--str)}pre .n{color:var(--num)}
    ins{background:var(--add);text-decoration:none;display:inline-block;min-width:100%}
    pre del{background:var(--del);text-decoration:none;display:inline-block;min-width:100%}
    .wide{overflow-x:auto;margin:.9em 0}
    table{border-collapse:collapse;font-size:.93em;font-variant-numeric:tabular-nums}
    th,td{padding:.36em .8em;border-bottom:1px solid var(--line);vertical-align:top;\
    min-width:4em;overflow-wrap:break-word}
    th{text-align:start;font-weight:650;border-bottom-width:2px}
    .t .l{text-align:left}.t .r{text-align:right}.t .c{text-align:center}
    .dest{color:var(--soft);font-family:ui-monospace,monospace;font-size:.82em;\
    border:1px solid var(--line);border-radius:5px;padding:0 .3em}
    .d{margin:.55rem 0;border:1px solid var(--line);border-radius:9px;background:var(--card);\
    font-size:.9rem}
    .d>summary{padding:.42rem .8rem;cursor:pointer;color:var(--soft);white-space:nowrap;\
    overflow:hidden;text-overflow:ellipsis}
    .d>summary code{border:0;background:none;padding:0}
    .d>summary strong{color:var(--ink);font-weight:600}
    .d[open]>summary{border-bottom:1px solid var(--line)}
    .d>.t,.d>pre{margin:.7rem .9rem}
    .d>pre:last-child{margin-bottom:.9rem}
    .think>.t{color:var(--soft)}
    .err>summary strong{color:var(--err)}
    .att{list-style:none;padding:0;margin:.8rem 0 0;display:grid;gap:.5rem}
    .att small,.cite small{color:var(--soft)}
    .att .gone{color:var(--soft)}
    figure{margin:.8rem 0 .9rem}
    img{display:block;max-width:100%;max-height:32rem;border-radius:9px;border:1px solid var(--line)}
    figcaption{color:var(--soft);font-size:.82rem;margin-top:.3rem}
    .cite{margin:.6rem 0;padding-inline-start:1em;border-inline-start:3px solid var(--line);\
    font-size:.9rem}
    .note{border-inline-start:3px solid var(--mark);padding-inline-start:.8em;margin:.8rem 0 0;\
    white-space:pre-wrap;unicode-bidi:plaintext;font-size:.92rem}
    .more{border-top:1px solid var(--line);padding-top:1rem}
    .list{list-style:none;padding:0;margin:0}
    .list li{display:grid;grid-template-columns:6.4rem 1fr;gap:0 1rem;padding:.42rem 0;\
    border-bottom:1px solid var(--line)}
    .list time,.list small{color:var(--soft);font-size:.84rem;font-variant-numeric:tabular-nums}
    .list a{text-decoration:none;font-weight:550;unicode-bidi:plaintext}
    .list a:hover{text-decoration:underline}
    .list small{grid-column:2}
    .groups{display:flex;flex-wrap:wrap;gap:.45rem;list-style:none;padding:0;margin:.6rem 0 1.6rem}
    .groups a{display:block;border:1px solid var(--line);border-radius:99px;padding:.1rem .8rem;\
    text-decoration:none;font-size:.9rem;background:var(--card)}
    .groups small{color:var(--soft)}
    .pages{display:flex;justify-content:space-between;gap:1rem;margin-top:1.5rem}
    @media(max-width:34rem){html{font-size:1rem}body{padding:.6rem .85rem 3rem}\
    h1{font-size:1.45rem}.top{margin:1rem 0 1.5rem}.u{padding:.7rem .85rem}pre{padding:.6rem .7rem}\
    .x>header .at{display:none}\
    .x>header+.d>summary{padding-inline-end:.8rem}.list li{grid-template-columns:1fr}.list small{grid-column:1}}
    @media print{html{background:#fff;color-scheme:light;font-size:10.5pt}body{max-width:none;\
    padding:0}.bar,.sw label{display:none}.m{break-inside:auto}.m>header{break-after:avoid}\
    .u{border:1px solid #ccc;background:none}pre{white-space:pre-wrap;max-height:none}\
    a[href^=http]::after{content:" (" attr(href) ")";font-size:.8em;color:#555}\
    figure,tr,.cite{break-inside:avoid}.wide{overflow:visible}}
    @media(prefers-reduced-motion:no-preference){.m:target{animation:hit 1.6s}\
    @keyframes hit{from{box-shadow:0 0 0 4px var(--link)}}}

    """
}
