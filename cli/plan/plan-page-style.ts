/** Readable in light and dark, by the system's own fonts: the page loads nothing. */
export const planPageStyle = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --dim: #5b6470; --line: #d8dde3; --panel: #f5f7f9;
  --made: #1a7f37; --changed: #8a6100; --gone: #c02626; --held: #8b2fb8; --focus: #0b63ce;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --ink: #e6e9ed; --dim: #9aa4b0; --line: #30363d; --panel: #1c2127;
    --made: #57c774; --changed: #e0b341; --gone: #ff7b72; --held: #d79bf5; --focus: #6cb0ff;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 70rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .25rem; }
p.note { color: var(--dim); margin: 0 0 1.25rem; }
.numbers { display: flex; flex-wrap: wrap; gap: .75rem; margin: 0 0 1.25rem; }
.number { flex: 1 1 9rem; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .9rem; }
.number b { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; }
.number span { color: var(--dim); font-size: .85rem; }
ul.findings { list-style: none; margin: 0 0 1.5rem; padding: 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
ul.findings li { padding: .55rem .9rem .55rem 1rem; border-left: 4px solid var(--line); overflow-wrap: anywhere; }
ul.findings li + li { border-top: 1px solid var(--line); }
ul.findings li.bad { border-left-color: var(--gone); }
ul.findings li.look { border-left-color: var(--changed); }
ul.findings small { display: block; color: var(--dim); }
.controls { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; padding: .75rem 0; background: var(--paper); border-bottom: 1px solid var(--line); }
.controls input[type=search] { flex: 1 1 16rem; min-width: 0; }
.controls input[type=search], select, button { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: .4rem .7rem; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.controls label { white-space: nowrap; }
#found { color: var(--dim); font-size: .9rem; }
details { border-bottom: 1px solid var(--line); }
summary { display: flex; gap: .6rem; align-items: baseline; padding: .4rem .25rem; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--panel); }
.sign { flex: none; width: 1ch; font: 700 1rem/1.4 ui-monospace, monospace; }
.made > summary .sign, .line.made .sign { color: var(--made); }
.changed > summary .sign, .line.changed .sign { color: var(--changed); }
.gone > summary .sign, .line.gone .sign { color: var(--gone); }
.held > summary .sign, .line.held { color: var(--held); }
.class { flex: none; width: 3.5rem; color: var(--dim); }
.label { flex: 1 1 auto; min-width: 0; overflow-wrap: anywhere; }
.kinds { flex: none; max-width: 40%; color: var(--dim); font-size: .85rem; text-align: right; }
.body { padding: 0 0 .75rem 1.85rem; font: .88rem/1.55 ui-monospace, monospace; }
.line { display: flex; gap: .6rem; overflow-wrap: anywhere; white-space: pre-wrap; }
.line > span { min-width: 0; }
.why { color: var(--dim); margin-top: .3rem; overflow-wrap: anywhere; }
#more { margin: 1rem 0; }
@media (max-width: 40rem) { .kinds { display: none; } }
`;
