import { certificateCases } from './certificate-cases.ts';
import type { FunctionCase } from './function-case.ts';

const proxies = {
  proxyAddresses: ['smtp:jd@contoso.com', 'SMTP:john.doe@contoso.com', 'SIP:john@contoso.com'],
};
const guid = '00112233-4455-6677-8899-aabbccddeeff';
const guidBytes = {
  kind: 'bytes',
  base64: Buffer.from('33221100554477668899aabbccddeeff', 'hex').toString('base64'),
} as const;
const sid = {
  kind: 'bytes',
  base64: Buffer.from('010500000000000515000000010000000200000003000000f4010000', 'hex').toString('base64'),
} as const;
const dn = { dn: 'cn=Joe,ou=Atlanta,ou=GA,ou=US, dc=contoso,dc=com' };

/** Expected values are those of Microsoft's function reference where it gives any. */
export const connectCases: Readonly<Record<string, readonly FunctionCase[]>> = {
  BitAnd: [['BitAnd(&HF, &HF7)', 7]],
  BitOr: [
    ['BitOr(&H1, &H80)', 129],
    ['BitOr([a], 1)', null],
  ],
  CBool: [['CBool([a] = [b])', true, { a: 'x', b: 'x' }]],
  CDate: [
    ['CDate("2013-01-10 4:00 PM -8")', '2013-01-11T00:00:00.000Z'],
    ['CDate("12/25/2007")', '2007-12-25T00:00:00.000Z'],
  ],
  CGuid: [
    [`CGuid("${guid}")`, guidBytes],
    [`CGuid("{${guid}}")`, guidBytes],
    ['CGuid("no")', { error: 'type' }],
  ],
  CNum: [
    ['CNum("5") + 1', 6],
    ['CNum("2.5")', 2.5],
    ['CNum("five")', { error: 'type' }],
    ['CNum([a])', null],
  ],
  CRef: [['CRef("CN=LC Services," & %Forest.LDAP%)', 'CN=LC Services,DC=fabrikam,DC=com']],
  CStr: [
    ['CStr([dn])', dn.dn, dn],
    ['CStr(True)', 'True'],
    ['CStr(7)', '7'],
  ],
  Contains: [
    ['Contains([proxyAddresses],"SMTP:")', 2, proxies],
    ['Contains([proxyAddresses],"Smtp:")', 0, proxies],
    ['Contains([proxyAddresses],"Smtp:",CaseInsensitive)', 1, proxies],
    ['Contains([proxyAddresses],"x","Loosely")', { error: 'bad-argument' }, proxies],
    [
      'IIF(Contains([proxyAddresses],"SMTP:")>0,[proxyAddresses],Error("No primary SMTP address found."))',
      { error: 'custom' },
    ],
  ],
  ConvertFromBase64: [
    ['ConvertFromBase64("SABlAGwAbABvACAAdwBvAHIAbABkACEA")', 'Hello world!'],
    ['ConvertFromBase64("SGVsbG8gd29ybGQh", UTF8)', 'Hello world!'],
    ['ConvertFromBase64("?", UTF8)', { error: 'type' }],
    ['ConvertFromBase64("", "UTF-7")', { error: 'bad-argument' }],
  ],
  ConvertFromUTF8Hex: [
    ['ConvertFromUTF8Hex("48656C6C6F20776F726C6421")', 'Hello world!'],
    ['ConvertFromUTF8Hex("48656")', { error: 'type' }],
  ],
  ConvertToBase64: [
    ['ConvertToBase64("Hello world!")', 'SABlAGwAbABvACAAdwBvAHIAbABkACEA'],
    ['ConvertToBase64([objectGUID])', guidBytes.base64, { objectGUID: guidBytes }],
  ],
  ConvertToUTF8Hex: [['ConvertToUTF8Hex("Hello world!")', '48656C6C6F20776F726C6421']],
  Count: [
    ['Count([proxyAddresses])', 3, proxies],
    ['Count(IIF(InStr([proxyAddresses],"SIP:")=1,NULL,[proxyAddresses]))', 2, proxies],
  ],
  DNComponent: [
    ['DNComponent(CRef([dn]),1)', 'Joe', dn],
    ['DNComponent(CRef([dn]),9)', null, dn],
    ['DNComponent(CRef([dn]),0)', { error: 'out-of-range' }, dn],
    [String.raw`DNComponent("cn=Smith\\, Joe,dc=x",1)`, 'Smith, Joe'],
    [String.raw`DNComponent("cn=Joe\\0ACNF:1,dc=x",1)`, String.raw`Joe\0ACNF:1`],
  ],
  DNComponentRev: [
    ['DNComponentRev(CRef([dn]),3)', 'US', dn],
    ['DNComponentRev(CRef([dn]),1,"DC")', 'US', dn],
    ['DNComponentRev(CRef([dn]),1,DC)', 'US', dn],
    ['DNComponentRev(CRef([dn]),1,"OU")', { error: 'bad-argument' }, dn],
  ],
  DateAdd: [
    ['DateAdd("m", 3, CDate("2001-01-01"))', '2001-04-01T00:00:00.000Z'],
    ['DateAdd("q", 1, CDate("2001-01-31"))', '2001-04-30T00:00:00.000Z'],
    ['DateAdd("w", 1, CDate("2001-01-31"))', '2001-02-01T00:00:00.000Z'],
    ['DateAdd("x", 1, Now())', { error: 'bad-argument' }],
  ],
  DateFromNum: [['DateFromNum(129699324000000000)', '2012-01-01T23:00:00.000Z']],
  Error: [
    ['IIF(IsPresent([accountName]),[accountName],Error("AccountName is required"))', { error: 'custom' }],
    [
      'IIF(IsPresent([accountName]),[accountName],Error("AccountName is required"))',
      'joe',
      { accountName: 'joe' },
    ],
  ],
  EscapeDNComponent: [
    [
      'EscapeDNComponent("cn=" & [displayName]) & ",dc=x"',
      String.raw`cn=Smith\, Joe \<x\>,dc=x`,
      { displayName: 'Smith, Joe <x>' },
    ],
    ['EscapeDNComponent([a])', null],
  ],
  FormatDateTime: [
    ['FormatDateTime(CDate("12/25/2007"),"yyyy-MM-dd")', '2007-12-25'],
    [
      'FormatDateTime(DateFromNum([pwdLastSet]),"yyyyMMddHHmmss.0Z")',
      '20120101230000.0Z',
      { pwdLastSet: '129699324000000000' },
    ],
    ['FormatDateTime(Now(),"Q")', { error: 'bad-argument' }],
  ],
  Guid: [['Len(Guid())', 36]],
  IIF: [
    [
      'IIF([employeeType]="Intern","t-" & [alias],[alias])',
      't-joe',
      { employeeType: 'Intern', alias: 'joe' },
    ],
    ['IIF([employeeType]="Intern","t-" & [alias],[alias])', 'joe', { alias: 'joe' }],
    [
      'IIF(InStr([proxyAddresses],"SIP:")=1,NULL,[proxyAddresses])',
      ['smtp:jd@contoso.com', 'SMTP:john.doe@contoso.com'],
      proxies,
    ],
    ['IIF(IsNullOrEmpty([country]),"Other",[country])', 'Other'],
    ['IIF("x", 1, 2)', { error: 'type' }],
  ],
  InStr: [
    ['InStr("The quick brown fox","quick")', 5],
    ['InStr("repEated","e",3,vbBinaryCompare)', 7],
  ],
  InStrRev: [
    ['InStrRev("abbcdbbbef","bb")', 7],
    ['InStrRev("abbcdbbbef","bb",6)', 2],
    ['InStrRev("aBbA","a",4,vbTextCompare)', 4],
    ['InStrRev("abc","z")', 0],
  ],
  IsBitSet: [
    ['IsBitSet(&HF,4)', true],
    ['IsBitSet(&HF,16)', false],
    ['IsBitSet([a],4)', false],
  ],
  IsDate: [
    ['IsDate("2020-01-01")', true],
    ['IsDate("soon")', false],
    ['IsDate([a])', false],
  ],
  IsEmpty: [
    ['IsEmpty("")', true],
    ['IsEmpty([a])', false],
  ],
  IsGuid: [
    [`IsGuid("${guid}")`, true],
    [`IsGuid("{${guid}")`, false],
    ['IIF(IsGuid([strAttribute]),CGuid([strAttribute]),NULL)', null, { strAttribute: 'no' }],
  ],
  IsNull: [
    ['IsNull([displayName])', true],
    ['IsNull([proxyAddresses])', false, proxies],
  ],
  IsNullOrEmpty: [['IsNullOrEmpty([displayName])', true]],
  IsNumeric: [
    ['IsNumeric("12.5")', true],
    ['IsNumeric("x")', false],
    ['IsNumeric([a])', false],
  ],
  IsPresent: [
    [
      'Switch(IsPresent([directManager]),[directManager], IsPresent([skiplevelManager]),[skiplevelManager], IsPresent([director]),[director])',
      'skip',
      { skiplevelManager: 'skip', director: 'd' },
    ],
    ['IsPresent([proxyAddresses])', true, proxies],
  ],
  IsString: [['IsString([a])', true, { a: 'x' }]],
  Item: [
    ['Mid(Item([proxyAddresses],Contains([proxyAddresses], "SMTP:")),6)', 'john.doe@contoso.com', proxies],
    ['Item([proxyAddresses],4)', { error: 'out-of-range' }, proxies],
    ['Item([a],1)', { error: 'out-of-range' }],
  ],
  ItemOrNull: [
    ['ItemOrNull([proxyAddresses],4)', null, proxies],
    ['ItemOrNull([proxyAddresses],1)', 'smtp:jd@contoso.com', proxies],
  ],
  Join: [
    ['Join([a],",")', 'x,y', { a: ['x', 'y'] }],
    ['Join([a])', 'x y', { a: ['x', 'y'] }],
    ['Join([a],"")', 'xy', { a: ['x', 'y'] }],
  ],
  LCase: [['LCase("TeSt")', 'test']],
  LTrim: [['LTrim(" Test ")', 'Test ']],
  Left: [
    ['Left("John Doe", 3)', 'Joh'],
    ['Left("John Doe", -1)', 'John Doe'],
    ['Left([a], 3)', ''],
  ],
  Len: [
    ['Len("John Doe")', 8],
    ['Len([a])', 0],
  ],
  Mid: [
    ['Mid("John Doe", 3, 5)', 'hn Do'],
    ['Mid("John Doe", 6, 999)', 'Doe'],
    ['Mid("John Doe", 1, 0)', ''],
    ['Mid("John Doe", 1, -1)', 'John Doe'],
    ['Mid("John Doe", 99, 1)', 'John Doe'],
    ['Mid("John Doe", 0, 1)', 'John Doe'],
    ['Mid([a], 1, 1)', ''],
  ],
  Now: [['FormatDateTime(Now(), "yyyy-MM-dd")', '2026-11-23']],
  NumFromDate: [['CStr(NumFromDate(CDate("2012-01-01 23:00:00")))', '129699324000000000']],
  PCase: [
    ['PCase("TEsT")', 'Test'],
    ['PCase(LCase("TEST"))', 'Test'],
    ['PCase("IBM jOHN o\'neil-smith")', "IBM John O'neil-smith"],
  ],
  PadLeft: [
    ['PadLeft("User", 10, "0")', '000000User'],
    ['PadLeft("User", 2, "0")', 'User'],
    ['PadLeft([a], 2, "0")', ''],
    ['PadLeft("a", 2, "00")', { error: 'bad-argument' }],
    ['PadLeft("a", 2000000000, "0")', { error: 'too-long' }],
  ],
  PadRight: [['PadRight("User", 10, "0")', 'User000000']],
  RandomNum: [
    ['RandomNum(7,7)', 7],
    ['RandomNum(100,999) >= 100', true],
    ['RandomNum(2,1)', { error: 'out-of-range' }],
  ],
  RemoveDuplicates: [['RemoveDuplicates([a])', ['x', 'y'], { a: ['x', 'y', 'x'] }]],
  Replace: [
    [
      String.raw`Replace([address],"\r\n",", ")`,
      'One Microsoft Way, Redmond',
      { address: 'One Microsoft Way\r\nRedmond' },
    ],
    ['Replace([a],"-","")', ['12', '34'], { a: ['1-2', '3-4'] }],
  ],
  ReplaceChars: [
    ['ReplaceChars("Räksmörgås",%ReplaceString%)', 'Raksmorgas'],
    ['ReplaceChars("O’Neil",%ReplaceString%)', 'ONeil'],
    ['ReplaceChars("Strauß", "ß:ss, ö : oe")', 'Strauss'],
    ['ReplaceChars("x", "ab:c")', { error: 'bad-argument' }],
    ['ReplaceChars("x", "a")', { error: 'bad-argument' }],
  ],
  Right: [
    ['Right("John Doe", 3)', 'Doe'],
    ['Right("John Doe", 0)', ''],
    ['Right("John Doe", -1)', 'John Doe'],
    ['Right([a], 3)', ''],
  ],
  RTrim: [['RTrim(" Test ")', ' Test']],
  Select: [
    ['Select($item,[otherPhone],Replace($item,"-",""))', ['123', '45'], { otherPhone: ['1-23', '4-5'] }],
    ['Select($item,[otherPhone],$item)', null],
  ],
  Split: [
    [
      'Split("SMTP:john.doe@contoso.com,smtp:jd@contoso.com",",")',
      ['SMTP:john.doe@contoso.com', 'smtp:jd@contoso.com'],
    ],
    ['Split("a,b,c",",",2)', ['a', 'b,c']],
    ['Split("a,b","ab")', { error: 'bad-argument' }],
  ],
  StringFromGuid: [
    ['StringFromGuid([g])', guid, { g: guidBytes }],
    ['StringFromGuid("abc")', { error: 'type' }],
  ],
  StringFromSid: [
    ['StringFromSid([s])', 'S-1-5-21-1-2-3-500', { s: sid }],
    ['StringFromSid([s])', { error: 'type' }, { s: guidBytes }],
  ],
  Switch: [
    [
      'Switch([city] = "London", "English", [city] = "Rome", "Italian", [city] = "Paris", "French", True, Error("Unknown city"))',
      'Italian',
      { city: 'Rome' },
    ],
    [
      'Switch([city] = "London", "English", True, Error("Unknown city"))',
      { error: 'custom' },
      { city: 'Oslo' },
    ],
    ['Switch([city] = "London", "English")', null],
    ['Switch(True, "first", CNum("x") = 1, "second")', { error: 'type' }],
  ],
  Trim: [
    ['Trim(" Test ")', 'Test'],
    ['Trim([proxyAddresses])', ['a', 'b'], { proxyAddresses: [' a', 'b '] }],
  ],
  UCase: [['UCase("TeSt")', 'TEST']],
  Where: [
    ['Where($item,[proxyAddresses],InStr($item,"SMTP:")=1)', 'SMTP:john.doe@contoso.com', proxies],
    ['Where($item,[proxyAddresses],False)', null, proxies],
  ],
  With: [
    [
      'With($sip,Where($item,[proxyAddresses],InStr($item,"SIP:")=1),IIF(Count($sip)>0,$sip,NULL))',
      'SIP:john@contoso.com',
      proxies,
    ],
    ['With($a,"x",With($a,"y",$a) & $a)', 'yx'],
  ],
  Word: [
    ['Word("The quick brown fox",3," ")', 'brown'],
    ['Word("This,string!has&many separators",3,",!&#")', 'has'],
    ['Word([a],1,"@") & "@contoso.com"', ['joe@contoso.com', 'jane@contoso.com'], { a: ['joe@x', 'jane@y'] }],
  ],
  ...certificateCases,
};
