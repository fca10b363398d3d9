import type { ClassRow } from './class-row.ts';

/** Classes of users, groups, contacts, computers and what holds them; mailRecipient carries what the Exchange schema adds. */
export const identityClasses: readonly ClassRow[] = [
  {
    name: 'top',
    parent: 'top',
    kind: 'abstract',
    rdn: 'cn',
    category: 'Top',
    auxiliary: '',
    superiors: 'lostAndFound',
    must: 'instanceType nTSecurityDescriptor objectCategory objectClass',
    may: `
adminDescription adminDisplayName allowedAttributes allowedAttributesEffective allowedChildClasses
allowedChildClassesEffective bridgeheadServerListBL canonicalName cn createTimeStamp description
directReports displayName displayNamePrintable distinguishedName dSASignature dSCorePropagationData
extensionName flags fromEntry frsComputerReferenceBL fRSMemberReferenceBL fSMORoleOwner
isCriticalSystemObject isDeleted isPrivilegeHolder isRecycled lastKnownParent managedObjects masteredBy
memberOf modifyTimeStamp mS-DS-ConsistencyChildCount mS-DS-ConsistencyGuid msCOM-PartitionSetLink
msCOM-UserLink msDFSR-ComputerReferenceBL msDFSR-MemberReferenceBL msDS-Approx-Immed-Subordinates
msDS-AuthenticatedToAccountlist msDS-ClaimSharesPossibleValuesWithBL msDS-EnabledFeatureBL
msDS-HostServiceAccountBL msDS-IsDomainFor msDS-IsFullReplicaFor msDS-IsPartialReplicaFor
msDS-IsPrimaryComputerFor msDS-KrbTgtLinkBl msDS-LastKnownRDN msDS-LocalEffectiveDeletionTime
msDS-LocalEffectiveRecycleTime msDs-masteredBy msds-memberOfTransitive msDS-MembersForAzRoleBL
msDS-MembersOfResourcePropertyListBL msds-memberTransitive msDS-NC-RO-Replica-Locations-BL
msDS-NCReplCursors msDS-NCReplInboundNeighbors msDS-NCReplOutboundNeighbors msDS-NcType msDS-NonMembersBL
msDS-ObjectReferenceBL msDS-OIDToGroupLinkBl msDS-OperationsForAzRoleBL msDS-OperationsForAzTaskBL
msDS-parentdistname msDS-PrincipalName msDS-PSOApplied msDS-ReplAttributeMetaData msDS-ReplValueMetaData
msDS-ReplValueMetaDataExt msDS-RevealedDSAs msDS-RevealedListBL msDS-TasksForAzRoleBL msDS-TasksForAzTaskBL
msDS-TDOEgressBL msDS-TDOIngressBL msDS-ValueTypeReferenceBL msSFU30PosixMemberOf name netbootSCPBL
nonSecurityMemberBL objectGUID objectVersion otherWellKnownObjects ownerBL partialAttributeDeletionList
partialAttributeSet possibleInferiors proxiedObjectName proxyAddresses queryPolicyBL replPropertyMetaData
replUpToDateVector repsFrom repsTo revision sDRightsEffective serverReferenceBL showInAdvancedViewOnly
siteObjectBL structuralObjectClass subRefs subSchemaSubEntry systemFlags url uSNChanged uSNCreated
uSNDSALastObjRemoved USNIntersite uSNLastObjRem uSNSource wbemPath wellKnownObjects whenChanged whenCreated
wWWHomePage msDS-preferredDataLocation msDS-ExternalDirectoryObjectId`,
  },
  {
    name: 'person',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Person',
    auxiliary: '',
    superiors: 'organizationalUnit container',
    must: 'cn',
    may: `
attributeCertificateAttribute seeAlso serialNumber sn telephoneNumber userPassword`,
  },
  {
    name: 'organizationalPerson',
    parent: 'person',
    kind: 'structural',
    rdn: 'cn',
    category: 'Person',
    auxiliary: '',
    superiors: 'organizationalUnit organization container',
    must: '',
    may: `
assistant c co comment company countryCode department destinationIndicator division employeeID
facsimileTelephoneNumber generationQualifier givenName homePhone homePostalAddress houseIdentifier initials
internationalISDNNumber ipPhone l mail manager mhsORAddress middleName mobile
msDS-AllowedToActOnBehalfOfOtherIdentity msDS-AllowedToDelegateTo msDS-HABSeniorityIndex
msDS-PhoneticCompanyName msDS-PhoneticDepartment msDS-PhoneticDisplayName msDS-PhoneticFirstName
msDS-PhoneticLastName msExchHouseIdentifier o otherFacsimileTelephoneNumber otherHomePhone otherIpPhone
otherMailbox otherMobile otherPager otherTelephone ou pager personalTitle physicalDeliveryOfficeName
postalAddress postalCode postOfficeBox preferredDeliveryMethod primaryInternationalISDNNumber
primaryTelexNumber registeredAddress st street streetAddress teletexTerminalIdentifier telexNumber
thumbnailLogo thumbnailPhoto title x121Address`,
  },
  {
    name: 'user',
    parent: 'organizationalPerson',
    kind: 'structural',
    rdn: 'cn',
    category: 'Person',
    auxiliary: 'mailRecipient msDS-CloudExtensions posixAccount securityPrincipal shadowAccount',
    superiors: 'builtinDomain organizationalUnit domainDNS',
    must: '',
    may: `
accountExpires aCSPolicyName adminCount audio badPasswordTime badPwdCount businessCategory carLicense
codePage controlAccessRights dBCSPwd defaultClassStore departmentNumber desktopProfile displayName
dynamicLDAPServer employeeNumber employeeType givenName groupMembershipSAM groupPriority groupsToIgnore
homeDirectory homeDrive homePhone homePostalAddress initials jpegPhoto labeledURI lastLogoff lastLogon
lastLogonTimestamp lmPwdHistory localeID lockoutTime logonCount logonHours logonWorkstation mail manager
maxStorage mobile mS-DS-CreatorSID msCOM-UserPartitionSetLink msDRM-IdentityCertificate
msDS-AssignedAuthNPolicy msDS-AssignedAuthNPolicySilo msDS-AuthenticatedAtDC msDS-AuthNPolicySiloMembersBL
msDS-Cached-Membership msDS-Cached-Membership-Time-Stamp msDS-FailedInteractiveLogonCount
msDS-FailedInteractiveLogonCountAtLastSuccessfulLogon msDS-LastFailedInteractiveLogonTime
msDS-LastSuccessfulInteractiveLogonTime msDS-PrimaryComputer msDS-ResultantPSO msDS-SecondaryKrbTgtNumber
msDS-Site-Affinity msDS-SourceObjectDN msDS-SupportedEncryptionTypes msDS-SyncServerUrl
msDS-User-Account-Control-Computed msDS-UserPasswordExpiryTimeComputed msIIS-FTPDir msIIS-FTPRoot
mSMQDigests mSMQDigestsMig mSMQSignCertificates mSMQSignCertificatesMig msNPAllowDialin msNPCallingStationID
msNPSavedCallingStationID msPKI-CredentialRoamingTokens msPKIAccountCredentials msPKIDPAPIMasterKeys
msPKIRoamingTimeStamp msRADIUS-FramedInterfaceId msRADIUS-FramedIpv6Prefix msRADIUS-FramedIpv6Route
msRADIUS-SavedFramedInterfaceId msRADIUS-SavedFramedIpv6Prefix msRADIUS-SavedFramedIpv6Route
msRADIUSCallbackNumber msRADIUSFramedIPAddress msRADIUSFramedRoute msRADIUSServiceType
msRASSavedCallbackNumber msRASSavedFramedIPAddress msRASSavedFramedRoute msSFU30Name msSFU30NisDomain
msTSAllowLogon msTSBrokenConnectionAction msTSConnectClientDrives msTSConnectPrinterDrives
msTSDefaultToMainPrinter msTSExpireDate msTSExpireDate2 msTSExpireDate3 msTSExpireDate4 msTSHomeDirectory
msTSHomeDrive msTSInitialProgram msTSLicenseVersion msTSLicenseVersion2 msTSLicenseVersion3
msTSLicenseVersion4 msTSLSProperty01 msTSLSProperty02 msTSManagingLS msTSManagingLS2 msTSManagingLS3
msTSManagingLS4 msTSMaxConnectionTime msTSMaxDisconnectionTime msTSMaxIdleTime msTSPrimaryDesktop
msTSProfilePath msTSProperty01 msTSProperty02 msTSReconnectionAction msTSRemoteControl msTSSecondaryDesktops
msTSWorkDirectory networkAddress ntPwdHistory o operatorCount otherLoginWorkstations pager photo
preferredLanguage preferredOU primaryGroupID profilePath pwdLastSet roomNumber scriptPath secretary
servicePrincipalName terminalServer uid unicodePwd userAccountControl userCertificate userParameters
userPKCS12 userPrincipalName userSharedFolder userSharedFolderOther userSMIMECertificate userWorkstations
x500uniqueIdentifier msDS-KeyCredentialLink`,
  },
  {
    name: 'inetOrgPerson',
    parent: 'user',
    kind: 'structural',
    rdn: 'cn',
    category: 'Person',
    auxiliary: '',
    superiors: 'domainDNS organizationalUnit container',
    must: '',
    may: `
audio businessCategory carLicense departmentNumber displayName employeeNumber employeeType givenName
homePhone homePostalAddress initials jpegPhoto labeledURI mail manager mobile o pager photo
preferredLanguage roomNumber secretary uid userCertificate userPKCS12 userSMIMECertificate
x500uniqueIdentifier`,
  },
  {
    name: 'group',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Group',
    auxiliary: 'mailRecipient posixGroup securityPrincipal',
    superiors:
      'msDS-AzScope msDS-AzApplication msDS-AzAdminManager container builtinDomain organizationalUnit domainDNS',
    must: 'groupType',
    may: `
adminCount controlAccessRights desktopProfile groupAttributes groupMembershipSAM mail managedBy member
msDS-AzApplicationData msDS-AzBizRule msDS-AzBizRuleLanguage msDS-AzGenericData
msDS-AzLastImportedBizRulePath msDS-AzLDAPQuery msDS-AzObjectGuid msDS-NonMembers msDS-PrimaryComputer
msSFU30Name msSFU30NisDomain msSFU30PosixMember nonSecurityMember nTGroupMembers operatorCount
primaryGroupToken`,
  },
  {
    name: 'contact',
    parent: 'organizationalPerson',
    kind: 'structural',
    rdn: 'cn',
    category: 'Person',
    auxiliary: 'mailRecipient',
    superiors: 'organizationalUnit domainDNS',
    must: 'cn',
    may: `
msDS-SourceObjectDN notes`,
  },
  {
    name: 'computer',
    parent: 'user',
    kind: 'structural',
    rdn: 'cn',
    category: 'Computer',
    auxiliary: 'ipHost',
    superiors: 'container organizationalUnit domainDNS',
    must: '',
    may: `
catalogs cn defaultLocalPolicyObject dNSHostName localPolicyFlags location machineRole managedBy
msDS-AdditionalDnsHostName msDS-AdditionalSamAccountName msDS-AuthenticatedAtDC msDS-ExecuteScriptPassword
msDS-GenerationId msDS-HostServiceAccount msDS-isGC msDS-isRODC msDS-IsUserCachableAtRodc msDS-KrbTgtLink
msDS-NeverRevealGroup msDS-PromotionSettings msDS-RevealedList msDS-RevealedUsers msDS-RevealOnDemandGroup
msDS-SiteName msImaging-HashAlgorithm msImaging-ThumbprintHash msSFU30Aliases msSFU30Name msSFU30NisDomain
msTPM-OwnerInformation msTPM-TpmInformationForComputer msTSEndpointData msTSEndpointPlugin msTSEndpointType
msTSPrimaryDesktopBL msTSProperty01 msTSProperty02 msTSSecondaryDesktopBL netbootDUID netbootGUID
netbootInitialization netbootMachineFilePath netbootMirrorDataFile netbootSIFFile networkAddress nisMapName
operatingSystem operatingSystemHotfix operatingSystemServicePack operatingSystemVersion
physicalLocationObject policyReplicationFlags rIDSetReferences siteGUID volumeCount`,
  },
  {
    name: 'organizationalUnit',
    parent: 'top',
    kind: 'structural',
    rdn: 'ou',
    category: 'Organizational-Unit',
    auxiliary: '',
    superiors: 'country organization organizationalUnit domainDNS',
    must: 'ou',
    may: `
businessCategory c co countryCode defaultGroup desktopProfile destinationIndicator facsimileTelephoneNumber
gPLink gPOptions internationalISDNNumber l managedBy msCOM-UserPartitionSetLink physicalDeliveryOfficeName
postalAddress postalCode postOfficeBox preferredDeliveryMethod registeredAddress searchGuide seeAlso st
street telephoneNumber teletexTerminalIdentifier telexNumber thumbnailLogo uPNSuffixes userPassword
x121Address`,
  },
  {
    name: 'container',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Container',
    auxiliary: '',
    superiors:
      'msDS-AzScope msDS-AzApplication msDS-AzAdminManager subnet server nTDSService domainDNS organization configuration container organizationalUnit',
    must: 'cn',
    may: `
defaultClassStore msDS-ObjectReference schemaVersion`,
  },
  {
    name: 'mailRecipient',
    parent: 'top',
    kind: 'auxiliary',
    rdn: 'cn',
    category: 'Mail-Recipient',
    auxiliary: '',
    superiors: 'container',
    must: 'cn',
    may: `
garbageCollPeriod info labeledURI legacyExchangeDN msDS-GeoCoordinatesAltitude msDS-GeoCoordinatesLatitude
msDS-GeoCoordinatesLongitude msDS-PhoneticDisplayName msExchAssistantName msExchLabeledURI secretary
showInAddressBook telephoneNumber textEncodedORAddress userCert userCertificate userSMIMECertificate
extensionAttribute1 extensionAttribute2 extensionAttribute3 extensionAttribute4 extensionAttribute5
extensionAttribute6 extensionAttribute7 extensionAttribute8 extensionAttribute9 extensionAttribute10
extensionAttribute11 extensionAttribute12 extensionAttribute13 extensionAttribute14 extensionAttribute15
mailNickname targetAddress msExchRecipientTypeDetails msExchRecipientDisplayType msExchMailboxGuid
msExchHideFromAddressLists`,
  },
  {
    name: 'securityPrincipal',
    parent: 'top',
    kind: 'auxiliary',
    rdn: 'cn',
    category: 'Security-Principal',
    auxiliary: '',
    superiors: '',
    must: 'objectSid sAMAccountName',
    may: `
accountNameHistory altSecurityIdentities msDS-KeyVersionNumber nTSecurityDescriptor rid sAMAccountType
securityIdentifier sIDHistory supplementalCredentials tokenGroups tokenGroupsGlobalAndUniversal
tokenGroupsNoGCAcceptable`,
  },
  {
    name: 'msDS-CloudExtensions',
    parent: 'top',
    kind: 'auxiliary',
    rdn: 'cn',
    category: 'ms-DS-Cloud-Extensions',
    auxiliary: '',
    superiors: '',
    must: '',
    may: `
msDS-cloudExtensionAttribute1 msDS-cloudExtensionAttribute10 msDS-cloudExtensionAttribute11
msDS-cloudExtensionAttribute12 msDS-cloudExtensionAttribute13 msDS-cloudExtensionAttribute14
msDS-cloudExtensionAttribute15 msDS-cloudExtensionAttribute16 msDS-cloudExtensionAttribute17
msDS-cloudExtensionAttribute18 msDS-cloudExtensionAttribute19 msDS-cloudExtensionAttribute2
msDS-cloudExtensionAttribute20 msDS-cloudExtensionAttribute3 msDS-cloudExtensionAttribute4
msDS-cloudExtensionAttribute5 msDS-cloudExtensionAttribute6 msDS-cloudExtensionAttribute7
msDS-cloudExtensionAttribute8 msDS-cloudExtensionAttribute9`,
  },
  {
    name: 'foreignSecurityPrincipal',
    parent: 'top',
    kind: 'structural',
    rdn: 'cn',
    category: 'Foreign-Security-Principal',
    auxiliary: '',
    superiors: 'container',
    must: 'objectSid',
    may: `
foreignIdentifier`,
  },
  {
    name: 'posixAccount',
    parent: 'top',
    kind: 'auxiliary',
    rdn: 'uid',
    category: 'PosixAccount',
    auxiliary: '',
    superiors: '',
    must: '',
    may: `
cn description gecos gidNumber homeDirectory loginShell uid uidNumber unixHomeDirectory unixUserPassword
userPassword`,
  },
  {
    name: 'shadowAccount',
    parent: 'top',
    kind: 'auxiliary',
    rdn: 'uid',
    category: 'ShadowAccount',
    auxiliary: '',
    superiors: '',
    must: '',
    may: `
description shadowExpire shadowFlag shadowInactive shadowLastChange shadowMax shadowMin shadowWarning uid
userPassword`,
  },
  {
    name: 'posixGroup',
    parent: 'top',
    kind: 'auxiliary',
    rdn: 'cn',
    category: 'PosixGroup',
    auxiliary: '',
    superiors: '',
    must: '',
    may: `
cn description gidNumber memberUid unixUserPassword userPassword`,
  },
  {
    name: 'ipHost',
    parent: 'top',
    kind: 'auxiliary',
    rdn: 'cn',
    category: 'IpHost',
    auxiliary: '',
    superiors: '',
    must: '',
    may: `
cn description ipHostNumber l manager uid`,
  },
];
