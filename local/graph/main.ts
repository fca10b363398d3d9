import { help, parseOptions, type GraphOptions } from './options.ts';
import { startGraph } from './start-graph.ts';

/** Wrong flags end with 2 and say why. */
function readOptions(): GraphOptions {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options !== undefined) return options;
  } catch (error) {
    console.error(
      `graph: ${error instanceof Error ? error.message : String(error)} (--help lists the options)`,
    );
    process.exit(2);
  }
  process.stdout.write(help);
  process.exit(0);
}

const options = readOptions();
try {
  const graph = await startGraph(options);
  const stop = () => void graph.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const { close: _close, ...facts } = graph;
  const { clientSecret: _, ...shown } = options;
  process.stdout.write(`${JSON.stringify({ ready: true, ...facts, options: shown })}\n`);
} catch (error) {
  console.error(
    `graph: cannot listen on port ${options.port}: ${error instanceof Error ? error.message : String(error)}`,
  );
  process.exit(1);
}
