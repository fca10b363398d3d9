import { startDirectory, type RunningDirectory } from '../../../local/directory/start-directory.ts';
import type { DirectoryFixture } from '../../contract/support/directory/fixture.ts';
import { AgentLab } from '../agent-lab.ts';
import { embeddedFixture } from './embedded-fixture.ts';

/** An embedded directory and a broker, and no agent yet. */
export interface AgentStage {
  readonly running: RunningDirectory;
  readonly fixture: DirectoryFixture;
  readonly lab: AgentLab;
  stop(): Promise<void>;
}

export async function openAgentStage(
  options: { readonly generate?: number; readonly lock?: string } = {},
): Promise<AgentStage> {
  const running = await startDirectory({ generate: options.generate ?? 0 });
  const lab = await AgentLab.start(options.lock === undefined ? {} : { lock: options.lock });
  return {
    running,
    fixture: embeddedFixture(running),
    lab,
    async stop() {
      await lab.stop();
      await running.stop();
    },
  };
}
