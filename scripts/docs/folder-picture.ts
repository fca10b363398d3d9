import { cruise, type ICruiseResult } from 'dependency-cruiser';

const drawn = ['agent', 'bin', 'cli', 'functions', 'local', 'shared'];

/**
 * Mermaid picture of who imports whom, by folder, as dependency-cruiser reads the sources. An arrow that follows from
 * others is left out: what remains is the order in which the folders stand on one another.
 */
export async function folderPicture(): Promise<string> {
  const { output } = await cruise(drawn, {
    doNotFollow: { path: 'node_modules' },
    includeOnly: `^(${drawn.join('|')})/`,
    tsPreCompilationDeps: true,
  });
  const edges = folderEdges(output as ICruiseResult);
  const lines = [...edges]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([from, targets]) => arrows(from, targets, edges));
  return ['```mermaid', 'graph TD', ...lines, '```'].join('\n');
}

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

function folderEdges({ modules }: ICruiseResult): Edges {
  const edges = new Map<string, Set<string>>();
  for (const module of modules) {
    const from = folderOf(module.source);
    const targets = edges.get(from) ?? new Set<string>();
    edges.set(from, targets);
    for (const { resolved } of module.dependencies) {
      const to = folderOf(resolved);
      if (to !== from) targets.add(to);
    }
  }
  return edges;
}

function arrows(from: string, targets: ReadonlySet<string>, edges: Edges): string[] {
  const kept = [...targets].filter(
    (to) => ![...targets].some((other) => other !== to && reaches(other, to, edges, new Set([from]))),
  );
  if (kept.length === 0 && ![...edges.values()].some((all) => all.has(from))) return [`  ${nodeText(from)}`];
  return kept.sort().map((to) => `  ${nodeText(from)} --> ${nodeText(to)}`);
}

function reaches(from: string, to: string, edges: Edges, seen: Set<string>): boolean {
  if (from === to) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return [...(edges.get(from) ?? [])].some((next) => reaches(next, to, edges, seen));
}

/** Parts of shared/ and local/ are folders of their own; the rest is one folder each. */
function folderOf(path: string): string {
  const [first = '', second = ''] = path.split('/');
  return first === 'shared' ? `shared/${second}` : first;
}

function nodeText(folder: string): string {
  return `${folder.replaceAll(/[^a-z]/g, '_')}[${folder}]`;
}
