/** Puts objects into the laptop's Graph as if they had always been there; answers their ids by collection. */
export async function seedGraph(
  graphUrl: string,
  objects: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const answer = await fetch(`${graphUrl}/_local/seed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(objects),
  });
  const body = (await answer.json()) as Record<string, string[]>;
  if (!answer.ok) throw new Error(`seeding Graph: ${JSON.stringify(body)}`);
  return body;
}
