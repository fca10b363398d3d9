/**
 * Runs in the page: shows objects on demand, a few hundred at a time, and searches them. Values of the directory are set as
 * text only, never as markup.
 */
export const planPageScript = String.raw`
'use strict';
(() => {
  const objects = JSON.parse(document.getElementById('objects').textContent);
  const list = document.getElementById('list');
  const more = document.getElementById('more');
  const found = document.getElementById('found');
  const search = document.getElementById('search');
  const kind = document.getElementById('kind');
  const signs = [...document.querySelectorAll('input[name=sign]')];
  const names = { '+': 'made', '~': 'changed', '-': 'gone', '!': 'held' };
  const pageRows = 200;
  const texts = [];
  let matching = objects;
  let shown = 0;

  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const textOf = (index) =>
    (texts[index] ??= [...objects[index].slice(2, 5), ...objects[index][6], objects[index][7]]
      .join('\n')
      .toLowerCase());

  const row = ([sign, className, label, key, connector, kinds, lines, rules]) => {
    const details = element('details', names[sign]);
    const head = element('summary', '');
    head.append(
      element('span', 'sign', sign),
      element('span', 'class', className),
      element('span', 'label', label),
      element('span', 'kinds', kinds),
    );
    details.append(head);
    details.addEventListener('toggle', () => {
      if (!details.open || details.childElementCount > 1) return;
      const body = element('div', 'body');
      for (const line of lines) {
        const one = element('div', 'line ' + (names[line[0]] ?? ''));
        one.append(element('span', 'sign', line[0]), element('span', '', line.slice(2)));
        body.append(one);
      }
      body.append(element('div', 'why', [rules, connector, 'key ' + key].filter(Boolean).join(' · ')));
      details.append(body);
    });
    return details;
  };

  const showMore = () => {
    const rows = matching.slice(shown, shown + pageRows).map(row);
    shown += rows.length;
    list.append(...rows);
    const left = matching.length - shown;
    more.hidden = left === 0;
    more.textContent = 'Show more (' + left.toLocaleString('en-US') + ' left)';
    found.textContent =
      matching.length.toLocaleString('en-US') + ' of ' + objects.length.toLocaleString('en-US') + ' objects';
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(signs.filter((one) => one.checked).map((one) => one.value));
    matching = objects.filter(
      (object, index) =>
        wanted.has(object[0]) &&
        (kind.value === '' || object[5].split(', ').includes(kind.value)) &&
        (words.length === 0 || words.every((word) => textOf(index).includes(word))),
    );
    shown = 0;
    list.replaceChildren();
    showMore();
  };

  let waiting = 0;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  kind.addEventListener('change', filter);
  for (const one of signs) one.addEventListener('change', filter);
  more.addEventListener('click', showMore);
  filter();
})();
`;
