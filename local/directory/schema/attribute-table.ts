import type { AttributeSyntax } from './attribute-syntax.ts';

/**
 * Attribute names of the classes in the class tables of this folder by syntax, as the schema of a Windows Server 2012 R2 forest has
 * them (read over LDAP from CN=Schema of a domain controller), with those that Exchange and Windows Server 2016 add.
 */
export const attributeTable: readonly { syntax: AttributeSyntax; singleValued: boolean; names: string }[] = [
  {
    syntax: 'boolean',
    singleValued: false,
    names: `
fromEntry mSMQSiteForeign`,
  },
  {
    syntax: 'boolean',
    singleValued: true,
    names: `
defaultHidingValue Enabled isCriticalSystemObject isDefunct isDeleted isRecycled msDS-isGC msDS-isRODC
msExchHideFromAddressLists msNPAllowDialin msTSAllowLogon msTSBrokenConnectionAction msTSConnectClientDrives
msTSConnectPrinterDrives msTSDefaultToMainPrinter msTSReconnectionAction showInAdvancedViewOnly systemOnly`,
  },
  {
    syntax: 'descriptor',
    singleValued: true,
    names: `
msDS-AllowedToActOnBehalfOfOtherIdentity msDS-GroupMSAMembership nTSecurityDescriptor`,
  },
  {
    syntax: 'dn',
    singleValued: false,
    names: `
bridgeheadServerListBL bridgeheadTransportList defaultClassStore directReports frsComputerReferenceBL
fRSMemberReferenceBL hasMasterNCs hasPartialReplicaNCs isPrivilegeHolder managedObjects masteredBy member
memberOf msCOM-PartitionSetLink msCOM-UserLink msDFSR-ComputerReferenceBL msDFSR-MemberReferenceBL
msDS-AuthenticatedAtDC msDS-AuthenticatedToAccountlist msDS-AuthNPolicySiloMembersBL
msDS-ClaimSharesPossibleValuesWithBL msDS-EnabledFeature msDS-EnabledFeatureBL msDS-HasDomainNCs
msDS-hasFullReplicaNCs msDS-hasMasterNCs msDS-HostServiceAccount msDS-HostServiceAccountBL msDS-IsDomainFor
msDS-IsFullReplicaFor msDS-IsPartialReplicaFor msDS-IsPrimaryComputerFor msDS-KrbTgtLinkBl msDs-masteredBy
msds-memberOfTransitive msDS-MembersForAzRoleBL msDS-MembersOfResourcePropertyListBL msds-memberTransitive
msDS-NC-Replica-Locations msDS-NC-RO-Replica-Locations msDS-NC-RO-Replica-Locations-BL msDS-NeverRevealGroup
msDS-NonMembers msDS-NonMembersBL msDS-ObjectReference msDS-ObjectReferenceBL msDS-OIDToGroupLinkBl
msDS-OperationsForAzRoleBL msDS-OperationsForAzTaskBL msDS-PrimaryComputer msDS-PSOApplied msDS-RevealedDSAs
msDS-RevealedListBL msDS-RevealOnDemandGroup msDS-TasksForAzRoleBL msDS-TasksForAzTaskBL msDS-TDOEgressBL
msDS-TDOIngressBL msDS-ValueTypeReferenceBL msSFU30PosixMember msSFU30PosixMemberOf msTSPrimaryDesktopBL
msTSSecondaryDesktopBL msTSSecondaryDesktops netbootSCPBL nonSecurityMember nonSecurityMemberBL ownerBL
queryPolicyBL rIDSetReferences rootTrust secretary seeAlso serverReferenceBL showInAddressBook siteObjectBL
subRefs subSchemaSubEntry`,
  },
  {
    syntax: 'dn',
    singleValued: true,
    names: `
assistant defaultGroup defaultLocalPolicyObject defaultObjectCategory distinguishedName dMDLocation
domainPolicyObject dynamicLDAPServer fSMORoleOwner lastKnownParent managedBy manager
msCOM-UserPartitionSetLink msDS-AssignedAuthNPolicy msDS-AssignedAuthNPolicySilo msDS-KrbTgtLink
msDS-parentdistname msDS-ResultantPSO msDS-SDReferenceDomain msTPM-TpmInformationForComputer
msTSPrimaryDesktop nCName notificationList objectCategory physicalLocationObject preferredOU
queryPolicyObject rIDManagerReference serverReference trustParent`,
  },
  {
    syntax: 'dn-binary',
    singleValued: false,
    names: `
msDS-BridgeHeadServersUsed msDS-HasInstantiatedNCs msDS-KeyCredentialLink msDS-RevealedList
msDS-RevealedUsers msPKI-CredentialRoamingTokens msPKIAccountCredentials msPKIDPAPIMasterKeys
otherWellKnownObjects wellKnownObjects`,
  },
  {
    syntax: 'dn-binary',
    singleValued: true,
    names: `
proxiedObjectName`,
  },
  {
    syntax: 'exact',
    singleValued: false,
    names: `
destinationIndicator internationalISDNNumber ipHostNumber memberUid msNPCallingStationID
msNPSavedCallingStationID msRADIUS-FramedIpv6Route msRADIUS-SavedFramedIpv6Route msRADIUSFramedRoute
msRASSavedFramedRoute msSFU30Aliases serialNumber x121Address`,
  },
  {
    syntax: 'exact',
    singleValued: true,
    names: `
displayNamePrintable gecos loginShell msRADIUS-FramedInterfaceId msRADIUS-FramedIpv6Prefix
msRADIUS-SavedFramedInterfaceId msRADIUS-SavedFramedIpv6Prefix msRADIUSCallbackNumber
msRASSavedCallbackNumber msSFU30Name msSFU30NisDomain nisMapName unixHomeDirectory`,
  },
  {
    syntax: 'integer',
    singleValued: false,
    names: `
localeID mSMQNt4Stub preferredDeliveryMethod schemaVersion`,
  },
  {
    syntax: 'integer',
    singleValued: true,
    names: `
adminCount badPwdCount codePage countryCode flags garbageCollPeriod gidNumber gPOptions groupAttributes
groupType instanceType localPolicyFlags lockoutThreshold logonCount machineRole minPwdLength
mS-DS-ConsistencyChildCount ms-DS-MachineAccountQuota msDS-AllUsersTrustQuota msDS-Approx-Immed-Subordinates
msDS-Behavior-Version msDS-FailedInteractiveLogonCount msDS-FailedInteractiveLogonCountAtLastSuccessfulLogon
msDS-HABSeniorityIndex msDS-IntId msDS-IsUserCachableAtRodc msDS-KeyVersionNumber msDS-LogonTimeSyncInterval
msDS-ManagedPasswordInterval msDS-NcType msDS-PerUserTrustQuota msDS-PerUserTrustTombstonesQuota
msDS-Replication-Notify-First-DSA-Delay msDS-Replication-Notify-Subsequent-DSA-Delay msDS-ReplicationEpoch
msDS-SecondaryKrbTgtNumber msDS-SupportedEncryptionTypes msDS-User-Account-Control-Computed mSMQInterval1
mSMQInterval2 msRADIUSFramedIPAddress msRADIUSServiceType msRASSavedFramedIPAddress msTSEndpointType
msTSMaxConnectionTime msTSMaxDisconnectionTime msTSMaxIdleTime msTSRemoteControl nextRid nTMixedDomain
objectClassCategory objectVersion operatorCount options policyReplicationFlags primaryGroupID
primaryGroupToken pwdHistoryLength pwdProperties revision rid sAMAccountType schemaFlagsEx sDRightsEffective
serverRole serverState shadowExpire shadowFlag shadowInactive shadowLastChange shadowMax shadowMin
shadowWarning systemFlags uASCompat uidNumber userAccountControl USNIntersite volumeCount`,
  },
  {
    syntax: 'large-integer',
    singleValued: true,
    names: `
accountExpires badPasswordTime builtinCreationTime builtinModifiedCount creationTime forceLogoff
lastBackupRestorationTime lastLogoff lastLogon lastLogonTimestamp lockoutDuration lockOutObservationWindow
lockoutTime lSACreationTime lSAModifiedCount maxPwdAge maxStorage minPwdAge modifiedCount
modifiedCountAtLastProm msDS-Cached-Membership-Time-Stamp msDS-GeoCoordinatesAltitude
msDS-GeoCoordinatesLatitude msDS-GeoCoordinatesLongitude msDS-LastFailedInteractiveLogonTime
msDS-LastSuccessfulInteractiveLogonTime msDS-UserPasswordExpiryTimeComputed msDS-USNLastSyncSuccess
msExchRecipientDisplayType msExchRecipientTypeDetails pekKeyChangeInterval pwdLastSet uSNChanged uSNCreated
uSNDSALastObjRemoved uSNLastObjRem uSNSource`,
  },
  {
    syntax: 'octets',
    singleValued: false,
    names: `
attributeCertificateAttribute audio cACertificate controlAccessRights eFSPolicy jpegPhoto lmPwdHistory
moveTreeState msDRM-IdentityCertificate msDs-Schema-Extensions msDS-Site-Affinity mSMQDigests mSMQDigestsMig
nTGroupMembers ntPwdHistory photo registeredAddress repsFrom repsTo schemaInfo searchGuide
supplementalCredentials teletexTerminalIdentifier telexNumber unixUserPassword userCertificate userPassword
userPKCS12 userSMIMECertificate x500uniqueIdentifier`,
  },
  {
    syntax: 'octets',
    singleValued: true,
    names: `
auditingPolicy dBCSPwd dSASignature foreignIdentifier groupMembershipSAM invocationId logonHours
logonWorkstation mS-DS-ConsistencyGuid msDS-AzObjectGuid msDS-Cached-Membership msDS-ExecuteScriptPassword
msDS-GenerationId msDS-ManagedPassword msDS-ManagedPasswordId msDS-ManagedPasswordPreviousId
msDS-RetiredReplNCSignatures msExchMailboxGuid msImaging-ThumbprintHash mSMQSignCertificates
mSMQSignCertificatesMig mSMQSiteID msPKIRoamingTimeStamp netbootDUID netbootGUID objectGUID
partialAttributeDeletionList partialAttributeSet pekList prefixMap privateKey replPropertyMetaData
replUpToDateVector retiredReplDSASignatures schemaIDGUID siteGUID terminalServer thumbnailLogo
thumbnailPhoto unicodePwd userCert`,
  },
  {
    syntax: 'oid',
    singleValued: false,
    names: `
allowedAttributes allowedAttributesEffective allowedChildClasses allowedChildClassesEffective auxiliaryClass
mayContain mustContain objectClass possibleInferiors possSuperiors structuralObjectClass
systemAuxiliaryClass systemMayContain systemMustContain systemPossSuperiors`,
  },
  {
    syntax: 'oid',
    singleValued: true,
    names: `
governsID rDNAttID subClassOf`,
  },
  {
    syntax: 'sid',
    singleValued: false,
    names: `
sIDHistory tokenGroups tokenGroupsGlobalAndUniversal tokenGroupsNoGCAcceptable`,
  },
  {
    syntax: 'sid',
    singleValued: true,
    names: `
mS-DS-CreatorSID objectSid securityIdentifier`,
  },
  {
    syntax: 'text',
    singleValued: false,
    names: `
accountNameHistory altSecurityIdentities businessCategory canonicalName carLicense catalogs classDisplayName
departmentNumber description dnsRoot extensionName groupPriority groupsToIgnore houseIdentifier labeledURI
mhsORAddress msDS-AdditionalDnsHostName msDS-AdditionalSamAccountName msDS-AllowedDNSSuffixes
msDS-AllowedToDelegateTo msDS-NCReplCursors msDS-NCReplInboundNeighbors msDS-NCReplOutboundNeighbors
msDS-ReplAttributeMetaData msDS-ReplValueMetaData msDS-ReplValueMetaDataExt msDS-Settings msDS-SPNSuffixes
msDS-SyncServerUrl msExchLabeledURI msTSLSProperty01 msTSLSProperty02 msTSProperty01 msTSProperty02
netbootMirrorDataFile netbootSIFFile networkAddress o otherFacsimileTelephoneNumber otherHomePhone
otherIpPhone otherLoginWorkstations otherMailbox otherMobile otherPager otherTelephone ou postalAddress
postOfficeBox proxyAddresses roomNumber servicePrincipalName uid uPNSuffixes url userSharedFolderOther
wbemPath`,
  },
  {
    syntax: 'text',
    singleValued: true,
    names: `
aCSPolicyName adminDescription adminDisplayName applicationName c cn co comment company dc
defaultSecurityDescriptor department desktopProfile displayName division dmdName dNSHostName domainReplica
employeeID employeeNumber employeeType extensionAttribute1 extensionAttribute10 extensionAttribute11
extensionAttribute12 extensionAttribute13 extensionAttribute14 extensionAttribute15 extensionAttribute2
extensionAttribute3 extensionAttribute4 extensionAttribute5 extensionAttribute6 extensionAttribute7
extensionAttribute8 extensionAttribute9 facsimileTelephoneNumber fRSRootPath generationQualifier givenName
gPLink homeDirectory homeDrive homePhone homePostalAddress info initials ipPhone l lDAPDisplayName
legacyExchangeDN location mail mailAddress mailNickname middleName mobile msDS-AzApplicationData
msDS-AzBizRule msDS-AzBizRuleLanguage msDS-AzGenericData msDS-AzLastImportedBizRulePath msDS-AzLDAPQuery
msDS-cloudExtensionAttribute1 msDS-cloudExtensionAttribute10 msDS-cloudExtensionAttribute11
msDS-cloudExtensionAttribute12 msDS-cloudExtensionAttribute13 msDS-cloudExtensionAttribute14
msDS-cloudExtensionAttribute15 msDS-cloudExtensionAttribute16 msDS-cloudExtensionAttribute17
msDS-cloudExtensionAttribute18 msDS-cloudExtensionAttribute19 msDS-cloudExtensionAttribute2
msDS-cloudExtensionAttribute20 msDS-cloudExtensionAttribute3 msDS-cloudExtensionAttribute4
msDS-cloudExtensionAttribute5 msDS-cloudExtensionAttribute6 msDS-cloudExtensionAttribute7
msDS-cloudExtensionAttribute8 msDS-cloudExtensionAttribute9 msDS-DnsRootAlias msDS-ExternalDirectoryObjectId
msDS-LastKnownRDN msDS-PhoneticCompanyName msDS-PhoneticDepartment msDS-PhoneticDisplayName
msDS-PhoneticFirstName msDS-PhoneticLastName msDS-preferredDataLocation msDS-PrincipalName
msDS-PromotionSettings msDS-SiteName msDS-SourceObjectDN msDS-UpdateScript msExchAssistantName
msExchHouseIdentifier msIIS-FTPDir msIIS-FTPRoot msImaging-HashAlgorithm msTPM-OwnerInformation
msTSEndpointData msTSEndpointPlugin msTSHomeDirectory msTSHomeDrive msTSInitialProgram msTSLicenseVersion
msTSLicenseVersion2 msTSLicenseVersion3 msTSLicenseVersion4 msTSManagingLS msTSManagingLS2 msTSManagingLS3
msTSManagingLS4 msTSProfilePath msTSWorkDirectory name nETBIOSName netbootInitialization
netbootMachineFilePath notes oEMInformation operatingSystem operatingSystemHotfix operatingSystemServicePack
operatingSystemVersion pager personalTitle physicalDeliveryOfficeName postalCode preferredLanguage
primaryInternationalISDNNumber primaryTelexNumber profilePath replicaSource sAMAccountName scriptPath sn st
street streetAddress superiorDNSRoot targetAddress telephoneNumber textEncodedORAddress title treeName
userParameters userPrincipalName userSharedFolder userWorkstations wWWHomePage`,
  },
  {
    syntax: 'time',
    singleValued: false,
    names: `
dSCorePropagationData`,
  },
  {
    syntax: 'time',
    singleValued: true,
    names: `
createTimeStamp modifyTimeStamp msDS-LocalEffectiveDeletionTime msDS-LocalEffectiveRecycleTime
msTSExpireDate msTSExpireDate2 msTSExpireDate3 msTSExpireDate4 schemaUpdate whenChanged whenCreated`,
  },
];
