import { settingTable, type Setting, type SettingReader } from '../../shared/settings/setting-table.ts';

const headings: readonly [SettingReader, string][] = [
  ['function', 'Function app'],
  ['both', 'Function app and command'],
  ['command', 'Command'],
  ['host', 'Read by the Functions host'],
];

/** Text of docs/reference/settings.md. */
export function settingsPage(): string {
  const sections = headings.map(([reader, heading]) => {
    const rows = Object.entries(settingTable)
      .filter(([, definition]) => definition.reader === reader)
      .map(([name, definition]) => row(name, definition));
    return [
      `## ${heading}`,
      '',
      '| setting | what it is | default | example |',
      '|---|---|---|---|',
      ...rows,
    ].join('\n');
  });
  return [
    '# Settings',
    '',
    '<!-- Generated from shared/settings/setting-table.ts by "npm run docs". -->',
    '',
    'Settings are environment variables (app settings in Azure, `Values` of local.settings.json on the laptop). An empty',
    'one counts as absent. A name that begins with `DIRBRIDGE_` and is not listed here is an error, except',
    '`DIRBRIDGE_AGENT_…`: those names are free for what agent.yaml refers to. Every problem is reported at once; values',
    'are never printed.',
    '',
    sections.join('\n\n'),
    '',
  ].join('\n');
}

function row(name: string, definition: Setting<unknown>): string {
  const fallback = definition.fallback === undefined ? '' : `\`${definition.fallback}\``;
  const notes = [
    definition.isRequired === true ? 'Required.' : '',
    definition.isSecret === true ? 'Secret.' : '',
  ];
  const description = [definition.description, ...notes].filter((part) => part !== '').join(' ');
  return `| \`${name}\` | ${description} | ${fallback} | \`${definition.example}\` |`;
}
