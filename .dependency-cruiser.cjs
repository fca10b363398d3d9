/** The walls of the house (docs/ARCHITECTURE.md): who may import whom. */
const CORE = '^shared/(errors|contracts|model|fold|rules|join|plan|guard|writeback|reconcile|ports|state)/';
const inner = (name, from, allowed) => ({
  name: `core-order-${name}`,
  comment: 'errors, contracts < model < fold, rules < join < plan < guard < writeback, reconcile',
  severity: 'error',
  from: { path: `^shared/${from}/` },
  to: { path: '^shared/', pathNot: `^shared/(${allowed})/` },
});
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-pure',
      comment: 'No Node module in the core but buffer and the crypto digest it needs.',
      severity: 'error',
      from: { path: CORE },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(buffer|crypto)$' },
    },
    {
      name: 'core-knows-no-sdk',
      severity: 'error',
      from: { path: CORE },
      to: { path: 'node_modules/(@azure|@microsoft|ldapts|pino|rhea)' },
    },
    inner('errors', 'errors', 'errors'),
    inner('contracts', 'contracts', 'contracts|errors'),
    inner('model', 'model', 'model|contracts|errors'),
    inner('fold', 'fold', 'fold|model|contracts|errors'),
    inner('rules', 'rules', 'rules|model|contracts|errors'),
    inner('join', 'join', 'join|fold|rules|model|contracts|errors'),
    inner('plan', 'plan', 'plan|join|fold|rules|model|contracts|errors'),
    inner('guard', 'guard', 'guard|plan|join|fold|rules|model|contracts|errors'),
    inner('writeback', 'writeback', 'writeback|guard|plan|join|fold|rules|model|contracts|errors'),
    inner('reconcile', 'reconcile', 'reconcile|guard|plan|join|fold|rules|model|contracts|errors'),
    inner('ports', 'ports', 'ports|model|contracts|errors'),
    inner('state', 'state', 'state|ports|guard|plan|fold|rules|model|contracts|errors'),
    inner('adapters', 'adapters', 'adapters|ports|model|contracts|errors|settings|telemetry'),
    {
      name: 'shells-apart',
      severity: 'error',
      from: { path: '^(agent|functions|cli)/' },
      to: { path: '^(agent|functions|cli)/', pathNot: '^$1/' },
    },
    {
      name: 'shared-knows-no-shell',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: '^(agent|functions|cli|bin|local|test|scripts)/' },
    },
    {
      name: 'product-knows-no-laptop',
      severity: 'error',
      from: { path: '^(agent|functions|cli|shared)/' },
      to: { path: '^(local|test)/' },
    },
    {
      name: 'laptop-knows-no-product',
      comment: 'Emulator and product must not share one misunderstanding.',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^(agent|functions|cli|shared|bin|test|scripts)/' },
    },
    {
      name: 'not-to-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@azure/functions-core$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(dist|node_modules)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
