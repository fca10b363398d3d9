import type { ClassRow } from './class-row.ts';

/** Classes of the domain head, the Configuration and Schema entries and the service accounts. */
export const infrastructureClasses: readonly ClassRow[] = [
  {
    name: 'domain',
    parent: 'top',
    kind: 'abstract',
    rdn: 'dc',
    category: 'Domain-DNS',
    auxiliary: '',
    superiors: 'domain organization',
    must: 'dc',
    may: `
`,
  },
  {
    name: 'domainDNS',
    parent: 'domain',
    kind: 'structural',
    rdn: 'dc',
    category: 'Domain-DNS',
    auxiliary: 'samDomain',
    superiors: 'domainDNS',
    must: '',
    may: `
managedBy msDS-AllowedDNSSuffixes msDS-Behavior-Version msDS-EnabledFeature msDS-USNLastSyncSuccess`,
  },
  {
    name: 'samDomain',
    parent: 'top',
    kind: 'auxiliary',
    rdn: 'cn',
    category: 'Sam-Domain',
    auxiliary: 'samDomainBase',
    superiors: '',
    must: '',
    may: `
auditingPolicy builtinCreationTime builtinModifiedCount cACertificate controlAccessRights creationTime
defaultLocalPolicyObject description desktopProfile domainPolicyObject eFSPolicy gPLink gPOptions
lockoutDuration lockOutObservationWindow lockoutThreshold lSACreationTime lSAModifiedCount maxPwdAge
minPwdAge minPwdLength modifiedCountAtLastProm ms-DS-MachineAccountQuota msDS-AllUsersTrustQuota
msDS-LogonTimeSyncInterval msDS-PerUserTrustQuota msDS-PerUserTrustTombstonesQuota nETBIOSName nextRid
nTMixedDomain pekKeyChangeInterval pekList privateKey pwdHistoryLength pwdProperties replicaSource
rIDManagerReference treeName`,
  },
  {
    name: 'samDomainBase',
    parent: 'top',
    kind: 'auxiliary',
    rdn: 'cn',
    category: 'Sam-Domain-Base',
    auxiliary: '',
    superiors: '',
    must: '',
    may: `
creationTime domainReplica forceLogoff lockoutDuration lockOutObservationWindow lockoutThreshold maxPwdAge
minPwdAge minPwdLength modifiedCount modifiedCountAtLastProm nextRid nTSecurityDescriptor objectSid
oEMInformation pwdHistoryLength pwdProperties revision serverRole serverState uASCompat`,
  },
  {
    name: 'builtinDomain',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Builtin-Domain',
    auxiliary: 'samDomainBase',
    superiors: 'domainDNS',
    must: '',
    may: `
`,
  },
  {
    name: 'lostAndFound',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Lost-And-Found',
    auxiliary: '',
    superiors: 'configuration domainDNS dMD',
    must: '',
    may: `
moveTreeState`,
  },
  {
    name: 'msDS-ManagedServiceAccount',
    parent: 'computer',
    kind: 'structural',
    rdn: 'cn',
    category: 'ms-DS-Managed-Service-Account',
    auxiliary: '',
    superiors: 'domainDNS organizationalUnit container',
    must: '',
    may: `
`,
  },
  {
    name: 'msDS-GroupManagedServiceAccount',
    parent: 'computer',
    kind: 'structural',
    rdn: 'cn',
    category: 'ms-DS-Group-Managed-Service-Account',
    auxiliary: '',
    superiors: 'computer container organizationalUnit domainDNS',
    must: 'msDS-ManagedPasswordInterval',
    may: `
msDS-GroupMSAMembership msDS-ManagedPassword msDS-ManagedPasswordId msDS-ManagedPasswordPreviousId`,
  },
  {
    name: 'nTDSDSA',
    parent: 'applicationSettings',
    kind: 'structural',
    rdn: 'cn',
    category: 'NTDS-DSA',
    auxiliary: '',
    superiors: 'organization server',
    must: '',
    may: `
dMDLocation fRSRootPath hasMasterNCs hasPartialReplicaNCs invocationId lastBackupRestorationTime managedBy
msDS-Behavior-Version msDS-EnabledFeature msDS-HasDomainNCs msDS-hasFullReplicaNCs msDS-HasInstantiatedNCs
msDS-hasMasterNCs msDS-isGC msDS-isRODC msDS-IsUserCachableAtRodc msDS-NeverRevealGroup
msDS-ReplicationEpoch msDS-RetiredReplNCSignatures msDS-RevealedUsers msDS-RevealOnDemandGroup msDS-SiteName
networkAddress options queryPolicyObject retiredReplDSASignatures serverReference`,
  },
  {
    name: 'applicationSettings',
    parent: 'top',
    kind: 'abstract',
    rdn: 'cn',
    category: 'Application-Settings',
    auxiliary: '',
    superiors: 'server',
    must: '',
    may: `
applicationName msDS-Settings notificationList`,
  },
  {
    name: 'server',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Server',
    auxiliary: '',
    superiors: 'serversContainer',
    must: '',
    may: `
bridgeheadTransportList dNSHostName mailAddress managedBy msDS-isGC msDS-isRODC msDS-IsUserCachableAtRodc
msDS-SiteName serialNumber serverReference`,
  },
  {
    name: 'site',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Site',
    auxiliary: '',
    superiors: 'sitesContainer',
    must: '',
    may: `
gPLink gPOptions location managedBy msDS-BridgeHeadServersUsed mSMQInterval1 mSMQInterval2 mSMQNt4Stub
mSMQSiteForeign mSMQSiteID notificationList`,
  },
  {
    name: 'serversContainer',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Servers-Container',
    auxiliary: '',
    superiors: 'site',
    must: '',
    may: `
`,
  },
  {
    name: 'sitesContainer',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Sites-Container',
    auxiliary: '',
    superiors: 'configuration',
    must: '',
    may: `
`,
  },
  {
    name: 'configuration',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Configuration',
    auxiliary: '',
    superiors: 'domainDNS',
    must: 'cn',
    may: `
gPLink gPOptions msDS-USNLastSyncSuccess`,
  },
  {
    name: 'crossRef',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Cross-Ref',
    auxiliary: '',
    superiors: 'crossRefContainer',
    must: 'cn dnsRoot nCName',
    may: `
Enabled msDS-Behavior-Version msDS-DnsRootAlias msDS-NC-Replica-Locations msDS-NC-RO-Replica-Locations
msDS-Replication-Notify-First-DSA-Delay msDS-Replication-Notify-Subsequent-DSA-Delay msDS-SDReferenceDomain
nETBIOSName nTMixedDomain rootTrust superiorDNSRoot trustParent`,
  },
  {
    name: 'crossRefContainer',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Cross-Ref-Container',
    auxiliary: '',
    superiors: 'configuration',
    must: '',
    may: `
msDS-Behavior-Version msDS-EnabledFeature msDS-ExecuteScriptPassword msDS-SPNSuffixes msDS-UpdateScript
uPNSuffixes`,
  },
  {
    name: 'dMD',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'DMD',
    auxiliary: '',
    superiors: 'configuration',
    must: 'cn',
    may: `
dmdName msDS-IntId msDs-Schema-Extensions msDS-USNLastSyncSuccess prefixMap schemaInfo schemaUpdate`,
  },
  {
    name: 'classSchema',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Class-Schema',
    auxiliary: '',
    superiors: 'dMD',
    must: 'cn defaultObjectCategory governsID objectClassCategory schemaIDGUID subClassOf',
    may: `
auxiliaryClass classDisplayName defaultHidingValue defaultSecurityDescriptor isDefunct lDAPDisplayName
mayContain msDS-IntId msDs-Schema-Extensions mustContain possSuperiors rDNAttID schemaFlagsEx
systemAuxiliaryClass systemMayContain systemMustContain systemOnly systemPossSuperiors`,
  },
];
