/** Traits of attributes in attribute-table.ts, from the same schema. */

/** Not replicated between domain controllers (systemFlags 0x1): a change to these alone is nothing to DirSync. */
export const notReplicated = `
badPasswordTime badPwdCount bridgeheadServerListBL directReports distinguishedName dSCorePropagationData
frsComputerReferenceBL fRSMemberReferenceBL isPrivilegeHolder lastLogoff lastLogon logonCount managedObjects
masteredBy memberOf modifiedCount msCOM-PartitionSetLink msCOM-UserLink msDFSR-ComputerReferenceBL
msDFSR-MemberReferenceBL msDS-AuthenticatedToAccountlist msDS-AuthNPolicySiloMembersBL
msDS-BridgeHeadServersUsed msDS-Cached-Membership msDS-Cached-Membership-Time-Stamp
msDS-ClaimSharesPossibleValuesWithBL msDS-EnabledFeatureBL msDS-ExecuteScriptPassword msDS-GenerationId
msDS-HostServiceAccountBL msDS-IsDomainFor msDS-IsFullReplicaFor msDS-IsPartialReplicaFor
msDS-IsPrimaryComputerFor msDS-KrbTgtLinkBl msDs-masteredBy msds-memberOfTransitive msDS-MembersForAzRoleBL
msDS-MembersOfResourcePropertyListBL msds-memberTransitive msDS-NC-RO-Replica-Locations-BL msDS-NcType
msDS-NonMembersBL msDS-ObjectReferenceBL msDS-OIDToGroupLinkBl msDS-OperationsForAzRoleBL
msDS-OperationsForAzTaskBL msDS-parentdistname msDS-PSOApplied msDS-ReplicationEpoch
msDS-RetiredReplNCSignatures msDS-RevealedDSAs msDS-TasksForAzRoleBL msDS-TasksForAzTaskBL msDS-TDOEgressBL
msDS-TDOIngressBL msDS-USNLastSyncSuccess msDS-ValueTypeReferenceBL msSFU30PosixMemberOf
msTSPrimaryDesktopBL msTSSecondaryDesktopBL netbootSCPBL nonSecurityMemberBL objectGUID ownerBL
partialAttributeDeletionList partialAttributeSet pekList prefixMap queryPolicyBL replPropertyMetaData
replUpToDateVector repsFrom repsTo schemaUpdate serverReferenceBL serverState siteObjectBL subRefs
uSNChanged uSNCreated uSNLastObjRem whenChanged`;

/** Computed when read (systemFlags 0x4): never stored, never returned for "*". */
export const constructed = `
allowedAttributes allowedAttributesEffective allowedChildClasses allowedChildClassesEffective canonicalName
createTimeStamp fromEntry modifyTimeStamp msDS-Approx-Immed-Subordinates msDS-isGC msDS-isRODC
msDS-IsUserCachableAtRodc msDS-KeyVersionNumber msDS-LocalEffectiveDeletionTime
msDS-LocalEffectiveRecycleTime msDS-ManagedPassword msds-memberOfTransitive msds-memberTransitive
msDS-NCReplCursors msDS-NCReplInboundNeighbors msDS-NCReplOutboundNeighbors msDS-parentdistname
msDS-PrincipalName msDS-ReplAttributeMetaData msDS-ReplValueMetaData msDS-ReplValueMetaDataExt
msDS-ResultantPSO msDS-RevealedList msDS-RevealedListBL msDS-SiteName msDS-User-Account-Control-Computed
msDS-UserPasswordExpiryTimeComputed possibleInferiors primaryGroupToken sDRightsEffective
structuralObjectClass subSchemaSubEntry tokenGroups tokenGroupsGlobalAndUniversal tokenGroupsNoGCAcceptable`;

/** systemOnly in the schema: the directory writes these itself. */
export const systemOnly = `
allowedAttributes allowedAttributesEffective allowedChildClasses allowedChildClassesEffective
bridgeheadServerListBL canonicalName createTimeStamp directReports distinguishedName dMDLocation
dSCorePropagationData fromEntry frsComputerReferenceBL fRSMemberReferenceBL governsID hasMasterNCs
hasPartialReplicaNCs instanceType invocationId isDeleted isPrivilegeHolder isRecycled managedObjects
masteredBy memberOf modifyTimeStamp mS-DS-CreatorSID msCOM-PartitionSetLink msCOM-UserLink
msDS-AdditionalDnsHostName msDS-AdditionalSamAccountName msDS-AllowedToActOnBehalfOfOtherIdentity
msDS-Approx-Immed-Subordinates msDS-AuthenticatedToAccountlist msDS-AuthNPolicySiloMembersBL
msDS-AzObjectGuid msDS-Behavior-Version msDS-EnabledFeature msDS-EnabledFeatureBL msDS-ExecuteScriptPassword
msDS-FailedInteractiveLogonCount msDS-FailedInteractiveLogonCountAtLastSuccessfulLogon msDS-GenerationId
msDS-HasDomainNCs msDS-hasFullReplicaNCs msDS-HasInstantiatedNCs msDS-hasMasterNCs msDS-IntId
msDS-IsDomainFor msDS-IsFullReplicaFor msDS-IsPartialReplicaFor msDS-KeyVersionNumber msDS-KrbTgtLinkBl
msDS-LastFailedInteractiveLogonTime msDS-LastKnownRDN msDS-LastSuccessfulInteractiveLogonTime
msDS-LocalEffectiveDeletionTime msDS-LocalEffectiveRecycleTime msDS-ManagedPasswordId
msDS-ManagedPasswordInterval msDS-ManagedPasswordPreviousId msDs-masteredBy msds-memberOfTransitive
msDS-MembersForAzRoleBL msds-memberTransitive msDS-NcType msDS-NonMembersBL msDS-ObjectReferenceBL
msDS-OIDToGroupLinkBl msDS-OperationsForAzRoleBL msDS-OperationsForAzTaskBL msDS-parentdistname
msDS-PromotionSettings msDS-PSOApplied msDS-ResultantPSO msDS-RetiredReplNCSignatures msDS-RevealedDSAs
msDS-RevealedList msDS-RevealedListBL msDS-RevealedUsers msDs-Schema-Extensions msDS-SecondaryKrbTgtNumber
msDS-TasksForAzRoleBL msDS-TasksForAzTaskBL msDS-TDOEgressBL msDS-TDOIngressBL msDS-ValueTypeReferenceBL
msTSPrimaryDesktopBL msTSSecondaryDesktopBL name nCName netbootSCPBL nonSecurityMemberBL objectClass
objectClassCategory objectGUID objectSid ownerBL partialAttributeDeletionList partialAttributeSet
possibleInferiors prefixMap primaryGroupToken proxiedObjectName queryPolicyBL rDNAttID replicaSource
replPropertyMetaData replUpToDateVector repsFrom repsTo retiredReplDSASignatures rIDManagerReference
rIDSetReferences schemaFlagsEx schemaIDGUID schemaInfo serverReferenceBL siteObjectBL subClassOf subRefs
subSchemaSubEntry systemAuxiliaryClass systemFlags systemMayContain systemMustContain systemOnly
systemPossSuperiors treeName uSNChanged uSNCreated uSNDSALastObjRemoved uSNLastObjRem wellKnownObjects
whenChanged whenCreated`;

/** Linked attributes, forward/back; a forward link without a named back link stands alone. */
export const linkPairs = `
member/memberOf manager/directReports nonSecurityMember/nonSecurityMemberBL queryPolicyObject/queryPolicyBL
managedBy/managedObjects hasPartialReplicaNCs/msDS-IsPartialReplicaFor hasMasterNCs/masteredBy
serverReference/serverReferenceBL bridgeheadTransportList/bridgeheadServerListBL msDS-NC-Replica-Locations/-
msCOM-UserPartitionSetLink/msCOM-UserLink msDS-SDReferenceDomain/- msDS-NonMembers/msDS-NonMembersBL
msDS-HasDomainNCs/msDS-IsDomainFor msSFU30PosixMember/msSFU30PosixMemberOf msDS-hasMasterNCs/msDs-masteredBy
msDS-ObjectReference/msDS-ObjectReferenceBL msDS-KrbTgtLink/msDS-KrbTgtLinkBl
msDS-hasFullReplicaNCs/msDS-IsFullReplicaFor msDS-NeverRevealGroup/- msDS-RevealOnDemandGroup/-
msDS-AuthenticatedAtDC/msDS-AuthenticatedToAccountlist
msDS-NC-RO-Replica-Locations/msDS-NC-RO-Replica-Locations-BL
msDS-HostServiceAccount/msDS-HostServiceAccountBL msDS-EnabledFeature/msDS-EnabledFeatureBL
msTSPrimaryDesktop/msTSPrimaryDesktopBL msTSSecondaryDesktops/msTSSecondaryDesktopBL
msTPM-TpmInformationForComputer/- msDS-PrimaryComputer/msDS-IsPrimaryComputerFor
msDS-AssignedAuthNPolicySilo/- msDS-AssignedAuthNPolicy/-`;

/** rangeUpper of texts (characters) and octet strings (bytes). */
export const upperBounds = `
adminDescription:1024 adminDisplayName:256 applicationName:64 audio:250000 businessCategory:128 c:3
cACertificate:32768 cn:64 co:128 company:64 controlAccessRights:16 dc:255 defaultSecurityDescriptor:32767
department:64 description:1024 destinationIndicator:128 displayName:256 displayNamePrintable:256
division:256 dmdName:1024 dNSHostName:2048 dnsRoot:255 domainReplica:32767 employeeID:16 employeeNumber:512
employeeType:256 extensionName:255 facsimileTelephoneNumber:64 fRSRootPath:2048 gecos:10240
generationQualifier:64 givenName:64 homePhone:64 homePostalAddress:4096 houseIdentifier:32768 info:1024
initials:6 internationalISDNNumber:16 ipHostNumber:128 ipPhone:64 l:128 lDAPDisplayName:256 location:1024
loginShell:1024 mail:256 memberUid:256000 middleName:64 mobile:64 msDRM-IdentityCertificate:10240
msDS-AdditionalDnsHostName:2048 msDS-AdditionalSamAccountName:256 msDS-AllowedDNSSuffixes:2048
msDS-AllowedToActOnBehalfOfOtherIdentity:132096 msDS-AzBizRule:65536 msDS-AzBizRuleLanguage:64
msDS-AzGenericData:65536 msDS-AzLastImportedBizRulePath:65536 msDS-AzLDAPQuery:4096 msDS-AzObjectGuid:16
msDS-DnsRootAlias:255 msDS-ExecuteScriptPassword:64 msDS-GenerationId:16 msDS-GroupMSAMembership:132096
msDS-LastKnownRDN:255 msDS-ManagedPasswordId:1024 msDS-ManagedPasswordPreviousId:1024
msDS-PhoneticCompanyName:64 msDS-PhoneticDepartment:64 msDS-PhoneticDisplayName:256
msDS-PhoneticFirstName:64 msDS-PhoneticLastName:64 msDS-PromotionSettings:65536 msDS-Settings:1000000
msDS-SourceObjectDN:10240 msDS-SPNSuffixes:255 msDS-SyncServerUrl:512 msExchAssistantName:256
msExchHouseIdentifier:128 msExchLabeledURI:1024 msIIS-FTPDir:256 msIIS-FTPRoot:256
msImaging-HashAlgorithm:64 msImaging-ThumbprintHash:1024 mSMQDigests:16 mSMQSignCertificates:1048576
mSMQSignCertificatesMig:1048576 msRADIUS-FramedInterfaceId:8 msRADIUS-FramedIpv6Prefix:16
msRADIUS-FramedIpv6Route:4096 msRADIUS-SavedFramedInterfaceId:8 msRADIUS-SavedFramedIpv6Prefix:16
msRADIUS-SavedFramedIpv6Route:4096 msSFU30Aliases:153600 msSFU30Name:1024 msSFU30NisDomain:1024
msTPM-OwnerInformation:128 msTSEndpointData:32767 msTSEndpointPlugin:32767 msTSHomeDirectory:32767
msTSHomeDrive:32767 msTSInitialProgram:32767 msTSLicenseVersion2:255 msTSLicenseVersion3:255
msTSLicenseVersion4:255 msTSLSProperty01:32767 msTSLSProperty02:32767 msTSManagingLS2:255
msTSManagingLS3:255 msTSManagingLS4:255 msTSProfilePath:32767 msTSProperty01:32767 msTSProperty02:32767
msTSWorkDirectory:32767 name:255 nETBIOSName:16 netbootDUID:128 netbootGUID:16 networkAddress:256
nisMapName:1024 notes:32768 nTSecurityDescriptor:132096 o:64 objectGUID:16 objectSid:28 oEMInformation:32767
otherFacsimileTelephoneNumber:64 otherHomePhone:64 otherLoginWorkstations:1024 otherMobile:64 otherPager:64
otherTelephone:64 ou:64 pager:64 personalTitle:64 physicalDeliveryOfficeName:128 postalAddress:4096
postalCode:40 postOfficeBox:40 primaryInternationalISDNNumber:64 primaryTelexNumber:64 proxyAddresses:1123
registeredAddress:4096 sAMAccountName:256 schemaIDGUID:16 serialNumber:64 siteGUID:16 sn:64 st:128
street:1024 streetAddress:1024 telephoneNumber:64 telexNumber:32 terminalServer:20480
textEncodedORAddress:1024 thumbnailLogo:32767 thumbnailPhoto:102400 title:128 unixHomeDirectory:2048
unixUserPassword:128 userCert:32767 userCertificate:32768 userParameters:32767 userPassword:128
userPrincipalName:1024 userSMIMECertificate:32768 userWorkstations:1024 wWWHomePage:2048 x121Address:15
extensionAttribute1:1024 extensionAttribute2:1024 extensionAttribute3:1024 extensionAttribute4:1024
extensionAttribute5:1024 extensionAttribute6:1024 extensionAttribute7:1024 extensionAttribute8:1024
extensionAttribute9:1024 extensionAttribute10:1024 extensionAttribute11:2048 extensionAttribute12:2048
extensionAttribute13:2048 extensionAttribute14:2048 extensionAttribute15:2048 mailNickname:64
targetAddress:1123 msExchMailboxGuid:16`;
