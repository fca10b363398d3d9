import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import type { IdentityChoice } from '../../settings/connection.ts';

/** The identity that a setting chooses. Asking it for a token is what may fail, not making it. */
export function azureCredential(choice: IdentityChoice): TokenCredential {
  if (choice.only === 'managed')
    // The caller decides on time and comes back; the SDK's own five tries would hide an outage for a minute.
    return choice.clientId === null
      ? new ManagedIdentityCredential({ retryOptions: { maxRetries: 1 } })
      : new ManagedIdentityCredential({ clientId: choice.clientId, retryOptions: { maxRetries: 1 } });
  return choice.clientId === null
    ? new DefaultAzureCredential()
    : new DefaultAzureCredential({ managedIdentityClientId: choice.clientId });
}
