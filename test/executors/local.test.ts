import { LocalExecutor } from '../../src/executors/local/local-executor.ts';
import { conforms } from './conformance.ts';
import { alive, folder, kill, wrapperPath } from './host.ts';

conforms('local', async () => {
  const { home, remove } = await folder();
  const another = (): Promise<LocalExecutor> => Promise.resolve(new LocalExecutor({ wrapperPath }));
  return { executor: await another(), another, home, cwd: home, alive, kill, dispose: remove };
});
