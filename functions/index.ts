import { app } from '@azure/functions';
import { triggers } from './triggers.ts';

for (const trigger of triggers) {
  switch (trigger.kind) {
    case 'queue':
      app.serviceBusQueue(trigger.name, {
        ...trigger.options,
        handler: (message: unknown) => trigger.handler(message),
      });
      break;
    case 'timer':
      app.timer(trigger.name, { ...trigger.options, handler: () => trigger.handler() });
      break;
    case 'http':
      app.http(trigger.name, {
        ...trigger.options,
        methods: [...trigger.options.methods],
        handler: (request) => trigger.handler(request),
      });
      break;
  }
}
