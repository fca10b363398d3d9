import type { TokenCredential } from '@azure/identity';
import type { IdentityChoice } from '../../settings/connection.ts';

/** The identity that a setting chooses. Asking it for a token is what may fail, not making it. */
export function azureCredential(choice: IdentityChoice): TokenCredential {
  let made: Promise<TokenCredential> | null = null;
  return {
    async getToken(scopes, options) {
      made ??= makeCredential(choice);
      return (await made).getToken(scopes, options);
    },
  };
}

/** The SDK is a fifth of what loading the function app costs, and is not needed before the first token. */
async function makeCredential(choice: IdentityChoice): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  if (choice.only === 'managed')
    // The caller decides on time and comes back; the SDK's own five tries would hide an outage for a minute.
    return choice.clientId === null
      ? new ManagedIdentityCredential({ retryOptions: { maxRetries: 1 } })
      : new ManagedIdentityCredential({ clientId: choice.clientId, retryOptions: { maxRetries: 1 } });
  return choice.clientId === null
    ? new DefaultAzureCredential()
    : new DefaultAzureCredential({ managedIdentityClientId: choice.clientId });
}
