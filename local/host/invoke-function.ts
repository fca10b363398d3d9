import type { CoreInvocationContext, InvocationRequest, InvocationResponse } from './core-types.ts';
import type { HostLog } from './host-log.ts';
import type { RegisteredFunction, Registration } from './registration.ts';

/**
 * One invocation, step by step as the Node worker does it, through the programming model object that the app's own copy of the
 * library registered (a bundle carries its copy inside).
 */
export async function invokeFunction(
  registration: Registration,
  { metadata, callback }: RegisteredFunction,
  request: InvocationRequest,
  log: HostLog,
): Promise<InvocationResponse> {
  const model = registration.model;
  if (model === undefined) throw new Error('The app registered a function without a programming model.');
  const hookData = {};
  let invocationContext: unknown = undefined;
  const core: CoreInvocationContext = {
    invocationId: request.invocationId,
    request,
    metadata,
    log: (level, category, message) => {
      const entry = {
        level,
        message,
        category,
        hookData,
        appHookData: registration.appHookData,
        invocationContext,
      };
      for (const hook of registration.hooks('log')) hook(entry);
      const suffix = category === 'user' ? '.User' : '';
      log.write(entry.level, `Function.${metadata.name}${suffix}`, entry.message);
    },
  };
  const invocation = model.getInvocationModel(core);
  const { context, inputs } = await invocation.getArguments();
  invocationContext = context;
  const common = { hookData, appHookData: registration.appHookData, invocationContext };

  core.state = 'preInvocationHooks';
  const before = { ...common, functionCallback: callback, inputs };
  await registration.runHooks('preInvocation', before);

  core.state = 'invocation';
  const after: Record<string, unknown> = { ...common, inputs: before.inputs, result: null, error: null };
  try {
    after['result'] = await invocation.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after['error'] = error;
  }

  core.state = 'postInvocationHooks';
  await registration.runHooks('postInvocation', after);
  // `throw undefined` and a rejection without a value count as success here, as in the worker (trap 7).
  const error = after['error'];
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- what the app threw goes out as it is
  if (error !== null && error !== undefined) throw error;
  return await invocation.getResponse(context, after['result']);
}
