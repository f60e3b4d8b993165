/// The look of an audit's page: light and dark, on a desk, on a phone and on paper.
enum AuditPageStyle {
    static let css = colours + layout + cards + table + narrow + paper

    private static let colours = #"""

        :root {
          color-scheme: light dark;
          --ground: #f4f5f7; --card: #ffffff; --ink: #14171c; --dim: #5b6472; --line: #dfe3e8; --soft: #eef0f3;
          --rail: #e4e7ec; --accent: #3b4cca; --code: #f2f4f7; --bar: #7c8798;
          --error: #b42318; --error-soft: #fdeceb; --error-fill: #d92d20;
          --warning: #8a4b05; --warning-soft: #fef3d9; --warning-fill: #e08c12;
          --note: #1a56b4; --note-soft: #e8f1fd; --note-fill: #3a83e8;
          --fine: #08683f; --fine-soft: #e3f6ec; --fine-fill: #12a365;
          --top: linear-gradient(140deg, #1b2140, #2b3a78 62%, #3d55b8); --shadow: 0 1px 2px #1018281a, 0 4px 14px #1018280f;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #0d1015; --card: #161a21; --ink: #e7eaf0; --dim: #9aa5b5; --line: #2a313c; --soft: #1e242d;
            --rail: #2b323d; --accent: #9db0ff; --code: #0f1319; --bar: #7d899b;
            --error: #ff9a91; --error-soft: #3a1715; --error-fill: #f0483c;
            --warning: #ffc56b; --warning-soft: #36260a; --warning-fill: #e39a26;
            --note: #8fbdff; --note-soft: #11274a; --note-fill: #4a90f0;
            --fine: #6fdca6; --fine-soft: #0c2c1f; --fine-fill: #22b573;
            --top: linear-gradient(140deg, #11152a, #1a2350 62%, #243478); --shadow: 0 1px 2px #0009;
          }
        }

        """#

    private static let layout = #"""

        * { box-sizing: border-box; }
        [hidden] { display: none !important; }
        html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
        body { margin: 0; background: var(--ground); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif; }
        code, .name, .value, .path { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
        .name, .value, .path, .details, code { overflow-wrap: anywhere; unicode-bidi: isolate; }
        h1, h2, h3, p, ul, figure { margin: 0; padding: 0; }
        ul { list-style: none; }
        .wide { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
        .dim { color: var(--dim); font-weight: 400; }
        .hide, .symbols { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .skip { position: absolute; left: -99rem; background: var(--card); padding: .5rem 1rem; }
        .skip:focus { left: .5rem; top: .5rem; z-index: 9; }
        .icon { width: 1.15em; height: 1.15em; flex: none; fill: none; stroke: currentColor; stroke-width: 2;
          stroke-linecap: round; stroke-linejoin: round; vertical-align: -.2em; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        h2 { font-size: 1.3rem; margin: 2.4rem 0 .9rem; letter-spacing: -.01em; }

        .top { background: var(--top); color: #fff; padding: 1.1rem 0 1.6rem; }
        .brand { display: flex; align-items: center; gap: .6rem; font-weight: 650; }
        .brand .dim { color: #c5cdf0; padding-left: .7rem; border-left: 1px solid #ffffff40; }
        .brand .mark { width: 1.6rem; height: 1.6rem; stroke-width: 1.6; }
        .verdict { display: flex; align-items: center; gap: 1.1rem; margin: 1.9rem 0 1.5rem; }
        .verdict .big { width: 3.6rem; height: 3.6rem; padding: .65rem; border-radius: 50%; color: #fff; }
        .verdict.error .big { background: var(--error-fill); } .verdict.warning .big { background: #c26d05; }
        .verdict.note .big { background: #2f6fd0; } .verdict.fine .big { background: #0d8a54; }
        h1 { font-size: clamp(1.55rem, 4.2vw, 2.3rem); line-height: 1.15; letter-spacing: -.02em; }
        .verdict p { color: #d3d9f3; margin-top: .25rem; }
        .tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .8rem; }
        .tile { background: var(--card); color: var(--ink); border-radius: .7rem; padding: .8rem 1rem .75rem; display: grid;
          grid-template-columns: auto 1fr; align-items: center; column-gap: .5rem; box-shadow: var(--shadow); }
        .tile b { font-size: 1.75rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
        .tile span { grid-column: 1 / 3; font-weight: 600; } .tile small { grid-column: 1 / 3; color: var(--dim); }
        .tile .icon { width: 1.5rem; height: 1.5rem; }
        .tile.error .icon, .tile.error b { color: var(--error); } .tile.warning .icon, .tile.warning b { color: var(--warning); }
        .tile.note .icon, .tile.note b { color: var(--note); } .tile.fine .icon, .tile.fine b { color: var(--fine); }
        .tile.none .icon, .tile.none b { color: var(--dim); }
        .health { margin-top: 1.1rem; }
        .health svg { display: block; width: 100%; height: .6rem; border-radius: .3rem; background: #ffffff26; }
        .health figcaption { color: #d3d9f3; font-size: .85rem; margin-top: .4rem; }
        rect.error { fill: var(--error-fill); } rect.warning { fill: var(--warning-fill); } rect.fine { fill: var(--fine-fill); }
        footer.wide { color: var(--dim); font-size: .85rem; padding-top: 1.6rem; padding-bottom: 2.5rem; }

        """#

    private static let cards = #"""

        .nothing { display: flex; gap: .8rem; align-items: center; background: var(--card); border: 1px solid var(--line);
          border-left: 4px solid var(--fine-fill); border-radius: .7rem; padding: 1.1rem 1.2rem; box-shadow: var(--shadow); }
        .nothing .icon { color: var(--fine); width: 1.8rem; height: 1.8rem; }
        .card { background: var(--card); border: 1px solid var(--line); border-left: 4px solid; border-radius: .7rem;
          margin-bottom: .9rem; box-shadow: var(--shadow); overflow: hidden; }
        .card.error { border-left-color: var(--error-fill); } .card.warning { border-left-color: var(--warning-fill); }
        .card.note { border-left-color: var(--note-fill); }
        .card > header { display: flex; flex-wrap: wrap; align-items: center; gap: .35rem .7rem; padding: .85rem 1.1rem 0; }
        .card h3 { font-size: 1.05rem; } .card:target { outline: 2px solid var(--accent); }
        .times { color: var(--dim); } .rule { margin-left: auto; color: var(--dim); font-size: .8rem; }
        .why { color: var(--dim); padding: .25rem 1.1rem .75rem; max-width: 62rem; }
        .card li { display: grid; grid-template-columns: minmax(0, 4fr) minmax(0, 6fr); gap: .4rem 1.4rem; padding: .7rem 1.1rem;
          border-top: 1px solid var(--line); }
        .facts p + p { margin-top: .1rem; }
        .name { font-weight: 650; font-size: .93em; } .path { font-size: .87em; color: var(--dim); } .details { color: var(--dim); }
        .detail { overflow-wrap: anywhere; unicode-bidi: isolate; } .facts p { display: flex; flex-wrap: wrap; align-items: center; gap: .1rem .5rem; }
        .line, .detail { display: inline-block; padding: 0 .45rem; border-radius: .3rem; background: var(--soft);
          font-size: .82em; } .line { white-space: nowrap; } .detail { margin-top: .2rem; }
        .badge { display: inline-flex; align-items: center; gap: .35rem; padding: .1rem .6rem .1rem .45rem; border-radius: 1rem;
          font-size: .83rem; font-weight: 650; white-space: nowrap; }
        .badge.error { color: var(--error); background: var(--error-soft); }
        .badge.warning { color: var(--warning); background: var(--warning-soft); }
        .badge.note { color: var(--note); background: var(--note-soft); }
        .badge.fine { color: var(--fine); background: var(--fine-soft); }
        .next { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .35rem .7rem; align-items: center; align-self: start; }
        .next .label, .next .or { grid-column: 1; color: var(--dim); font-size: .83rem; }
        .command { grid-column: 2; display: flex; align-items: stretch; background: var(--code); border: 1px solid var(--line);
          border-radius: .45rem; overflow: hidden; }
        .command code { flex: 1; min-width: 0; padding: .38rem .65rem; font-size: .85rem; user-select: all; white-space: pre-wrap; }
        code span, .name span, .path span { display: inline-block; max-width: 100%; }
        .command code:focus-visible { outline-offset: -2px; }
        button { font: inherit; color: inherit; background: none; border: 0; cursor: pointer; }
        .command button { border-left: 1px solid var(--line); padding: 0 .7rem; font-size: .8rem; font-weight: 600; color: var(--accent); }
        .command button:hover { background: var(--soft); }

        """#

    private static let table = #"""

        .controls { display: flex; flex-wrap: wrap; gap: .7rem 1rem; align-items: end; margin-bottom: .8rem; }
        .controls label span { display: block; font-size: .8rem; color: var(--dim); margin-bottom: .15rem; }
        .controls .text { flex: 1 1 15rem; } .controls .order { display: none; }
        input, select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: .45rem;
          padding: .42rem .6rem; width: 100%; min-height: 2.5rem; }
        output { color: var(--dim); padding-bottom: .5rem; min-width: 7.5rem; text-align: right; font-variant-numeric: tabular-nums; }
        .sheet { background: var(--card); border: 1px solid var(--line); border-radius: .7rem; box-shadow: var(--shadow); overflow: hidden; }
        table { border-collapse: collapse; width: 100%; font-size: .92rem; }
        thead th { text-align: left; font-size: .8rem; color: var(--dim); font-weight: 600; background: var(--soft); padding: .55rem .6rem;
          white-space: nowrap; border-bottom: 1px solid var(--line); }
        .sorts thead span { display: none; }
        thead button { padding: .55rem .6rem; margin: -.55rem -.6rem; font-weight: 600; width: calc(100% + 1.2rem); text-align: left; }
        thead button::after { content: "↕"; opacity: .4; padding-left: .25rem; }
        [aria-sort] button { color: var(--ink); } [aria-sort="ascending"] button::after { content: "↑"; opacity: 1; }
        [aria-sort="descending"] button::after { content: "↓"; opacity: 1; }
        thead button:hover { color: var(--ink); }
        tbody td, tbody th { padding: .7rem .6rem; vertical-align: top; text-align: left; font-weight: 400; border-top: 1px solid var(--line); }
        tbody tr:first-child > * { border-top: 0; } tbody tr:hover > * { background: color-mix(in srgb, var(--soft) 55%, transparent); }
        tbody th { width: 25%; } [data-label="Kind"] { white-space: nowrap; font-size: .9em; } tbody th .name, .value { display: block; } .value { color: var(--dim); font-size: .82em; }
        .rules { display: flex; flex-wrap: wrap; gap: .15rem .6rem; font-size: .82em; margin-top: .2rem; }
        .rules .error { color: var(--error); } .rules .warning { color: var(--warning); } .rules .note { color: var(--note); }
        .bar { display: block; min-width: 6.4rem; white-space: nowrap; } time { color: var(--dim); font-size: .82em; white-space: nowrap; }
        .bar svg { display: block; width: 100%; height: .34rem; border-radius: .2rem; margin: .22rem 0 .1rem; }
        .rail { fill: var(--rail); } .bar.plain .fill { fill: var(--bar); } .bar.fine .fill { fill: var(--fine-fill); }
        .bar.warning .fill { fill: var(--warning-fill); } .bar.error .fill { fill: var(--error-fill); }
        .bar.error { color: var(--error); font-weight: 600; } .bar.warning { color: var(--warning); font-weight: 600; }
        [data-label="Versions"] { font-variant-numeric: tabular-nums; }
        .places { min-width: 8.2rem; } .places li { display: grid; grid-template-columns: auto minmax(0, 1fr); align-items: center; gap: 0 .4rem; }
        .places em { grid-column: 2; font-size: .86em; font-style: normal; font-weight: 600; overflow-wrap: anywhere; }
        .places .fine .icon { color: var(--fine); } .places .error .icon, .places .error em { color: var(--error); }
        .places .warning .icon, .places .warning em { color: var(--warning); } .places .note .icon, .places .note em { color: var(--note); }
        .none-left { padding: 1.4rem; text-align: center; color: var(--dim); }

        """#

    private static let narrow = #"""

        @media screen and (max-width: 62rem) {
          .card li { grid-template-columns: minmax(0, 1fr); }
          .controls .order { display: block; }
          table, tbody, tr, tbody td, tbody th { display: block; width: auto; }
          thead { display: none; }
          tbody tr { padding: .8rem 1rem; border-top: 1px solid var(--line); display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .55rem 1rem; }
          tbody tr:first-child { border-top: 0; }
          tbody td, tbody th { border: 0; padding: 0; } tbody td.empty { display: none; }
          tbody tr:hover > * { background: none; }
          tbody th, td[data-label="Status"], td[data-label="Deployed"] { grid-column: 1 / -1; width: auto; }
          tbody td:not([data-label="Status"])::before { content: attr(data-label); display: block; font-size: .78rem; color: var(--dim); }
        }
        @media screen and (max-width: 36rem) {
          .wide { padding: 0 .9rem; }
          .tiles { grid-template-columns: 1fr 1fr; gap: .6rem; }
          .verdict { gap: .8rem; margin: 1.3rem 0 1.1rem; } .verdict .big { width: 2.9rem; height: 2.9rem; padding: .5rem; }
          .rule { margin-left: 0; width: 100%; }
          .card > header, .card li { padding-left: .85rem; padding-right: .85rem; } .why { padding-left: .85rem; padding-right: .85rem; }
          .controls label { flex: 1 1 40%; } .controls .text { flex-basis: 100%; } output { text-align: left; flex-basis: 100%; padding: 0; }
          tbody tr { grid-template-columns: repeat(2, minmax(0, 1fr)); padding: .8rem .85rem; }
          .next { grid-template-columns: minmax(0, 1fr); gap: .2rem; } .command { grid-column: 1; }
          .command button { padding: 0 .55rem; }
        }

        """#

    private static let paper = #"""

        @media print {
          :root { color-scheme: light; --ground: #fff; --card: #fff; --ink: #000; --dim: #444; --line: #bbb; --soft: #f3f3f3; --rail: #ddd;
            --code: #f6f6f6; --bar: #777; --error: #a11; --error-soft: #fff; --warning: #7a4300; --warning-soft: #fff; --note: #14479a;
            --note-soft: #fff; --fine: #075c37; --fine-soft: #fff; --shadow: none; --top: #fff; }
          @page { margin: 14mm; }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          body { font-size: 10pt; } .wide { padding: 0; max-width: none; }
          .top, .top .dim, .verdict p, .health figcaption { color: #000; } .top { padding: 0; } .tile, .badge { border: 1px solid var(--line); }
          .controls, .skip, .command button, thead button, .none-left { display: none !important; }
          tr[hidden] { display: table-row !important; }
          table { display: table; } thead { display: table-header-group; } tbody { display: table-row-group; }
          tbody tr { display: table-row; } tbody td, tbody th { display: table-cell; padding: .35rem .3rem; border-top: 1px solid var(--line); }
          tbody td::before { display: none !important; } tbody tr { break-inside: avoid; } .sorts thead span { display: inline; }
          .sheet { overflow: visible; } table { font-size: 7pt; } [data-label="Kind"], thead th { white-space: normal; } .places { min-width: 0; }
          .bar { min-width: 3.4rem; white-space: normal; } time { font-size: 6pt; } .value { font-size: 6.5pt; } thead th { padding: .2rem .3rem; }
          .badge { padding: .05rem .35rem; font-size: 7pt; } .rules { font-size: 6.5pt; } h2 { break-after: avoid; margin-top: 1.4rem; }
          .findings:has(.card) + .credentials { break-before: page; }
          .card, .card li { break-inside: avoid; }
          .card li { grid-template-columns: minmax(0, 1fr); } a { color: inherit; text-decoration: none; }
        }

        """#
}
