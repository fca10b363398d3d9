import { Attribute, Change, type Client } from 'ldapts';

/** attributeID as Exchange's own schema has them: 1-10 end in 423-432, 11-15 in 599-603, mailNickname in 447. */
const exchangeAttributes = [
  ...Array.from({ length: 15 }, (_, index) => {
    const number = index + 1;
    return {
      cn: `ms-Exch-Extension-Attribute-${number}`,
      name: `extensionAttribute${number}`,
      attributeId: `1.2.840.113556.1.2.${number <= 10 ? 422 + number : 588 + number}`,
      charactersMax: number <= 10 ? 1024 : 2048,
    };
  }),
  {
    cn: 'ms-Exch-Mail-Nickname',
    name: 'mailNickname',
    attributeId: '1.2.840.113556.1.2.447',
    charactersMax: 64,
  },
];

const auxiliaryClass = 'labExchangeAttributes';
/** Under Microsoft's arc for customers' own schema extensions; the class is ours, Exchange's has more in it. */
const auxiliaryClassId = '1.2.840.113556.1.8000.2554.51827.4242.1.1';

/** Adds the attributes through an auxiliary class on user and group, as Exchange's setup would. */
export async function addExchangeSchema(client: Client, domain: string): Promise<void> {
  const schema = `CN=Schema,CN=Configuration,${domain}`;
  for (const { cn, name, attributeId, charactersMax } of exchangeAttributes) {
    await client.add(`CN=${cn},${schema}`, {
      objectClass: ['attributeSchema'],
      attributeID: attributeId,
      lDAPDisplayName: name,
      attributeSyntax: '2.5.5.12',
      oMSyntax: '64',
      isSingleValued: 'TRUE',
      rangeLower: '1',
      rangeUpper: String(charactersMax),
    });
  }
  await reloadSchema(client);
  await client.add(`CN=Lab-Exchange-Attributes,${schema}`, {
    objectClass: ['classSchema'],
    governsID: auxiliaryClassId,
    lDAPDisplayName: auxiliaryClass,
    objectClassCategory: '3',
    subClassOf: 'top',
    mayContain: exchangeAttributes.map(({ name }) => name),
  });
  await reloadSchema(client);
  for (const owner of ['User', 'Group']) {
    const modification = new Attribute({ type: 'auxiliaryClass', values: [auxiliaryClass] });
    await client.modify(`CN=${owner},${schema}`, new Change({ operation: 'add', modification }));
  }
  await reloadSchema(client);
}

function reloadSchema(client: Client): Promise<void> {
  const modification = new Attribute({ type: 'schemaUpdateNow', values: ['1'] });
  return client.modify('', new Change({ operation: 'add', modification }));
}
