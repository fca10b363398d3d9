// Refuses to go on under a Node that cannot run the sources, before a confusing syntax error does.
// Plain JavaScript on purpose: it must run on the Node it refuses.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `dirbridge needs Node 22.18 or later and targets Node 24; this is Node ${process.versions.node}.\n` +
      'Run "npm ci" (it brings Node 24 for the npm scripts), then use "npm run …" rather than calling node yourself.',
  );
  process.exit(2);
}
