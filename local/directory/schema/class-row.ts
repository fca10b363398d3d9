/** One object class as the schema of a Windows Server 2012 R2 forest has it, read over LDAP from CN=Schema of a domain controller. */
export interface ClassRow {
  readonly name: string;
  readonly parent: string;
  readonly kind: 'structural' | 'abstract' | 'auxiliary';
  readonly rdn: string;
  /** Name of the class schema object that objectCategory points to. */
  readonly category: string;
  readonly auxiliary: string;
  /** Classes whose objects may hold objects of this class. */
  readonly superiors: string;
  readonly must: string;
  readonly may: string;
}
