/** Settings of the person or shell that starts processes here must not leak into them. */
export const clearedEnvironment: Readonly<Record<string, undefined>> = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => /^(DIRBRIDGE_|IDENTITY_|MSI_|AZURE_|AzureWebJobs)/.test(name))
    .map((name) => [name, undefined]),
);
