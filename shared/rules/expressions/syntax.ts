/** The two dialects of Entra's expression language: of cloud sync and application provisioning, and of Connect Sync. */
export type Syntax = 'cloud-sync' | 'connect';
