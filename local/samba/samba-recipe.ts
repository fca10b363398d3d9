/** What decides the content of a provisioned domain; two starts with the same recipe share one template. */
export interface SambaRecipe {
  /** DNS name of the domain, also the Kerberos realm. */
  readonly domain: string;
  /** NetBIOS name of the domain. */
  readonly workgroup: string;
  /** NetBIOS name of the domain controller. */
  readonly host: string;
  readonly adminPassword: string;
  /** extensionAttribute1-15 and mailNickname on users and groups, as an Exchange schema would bring them. */
  readonly hasExchangeAttributes: boolean;
}

/** A throwaway domain on loopback: its password is no secret. */
export const sambaRecipe: SambaRecipe = {
  domain: 'corp.example',
  workgroup: 'CORP',
  host: 'DC1',
  adminPassword: 'Passw0rd!Lab',
  hasExchangeAttributes: true,
};

export function domainDn(recipe: SambaRecipe): string {
  return recipe.domain
    .split('.')
    .map((label) => `DC=${label}`)
    .join(',');
}

/** The name in the certificate that Samba makes for itself (CN only, no SAN). */
export function serverName(recipe: SambaRecipe): string {
  return `${recipe.host}.${recipe.domain}`;
}
