; The installer for Windows, by Inno Setup 6: iscc packaging\windows\parfocal.iss /DVersion=0.1.0 /DFlavour=cpu
; Untested: written and read on Linux. The bundle is made on Windows by: python -m bundle build (in packaging\).
#ifndef Version
  #define Version "0.1.0"
#endif
#ifndef Flavour
  #define Flavour "cpu"
#endif

[Setup]
AppId={{6B6E9B0E-6E0B-4B9C-8C0A-0C1D1E7A9F55}
AppName=Parfocal
AppVersion={#Version}
AppPublisher=The Parfocal founders
DefaultDirName={autopf}\Parfocal
DefaultGroupName=Parfocal
; For one person without an administrator, or for all with one: the person chooses.
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
ChangesAssociations=yes
LicenseFile=..\..\LICENSE
OutputDir=..\..\build\{#Flavour}
OutputBaseFilename=Parfocal-{#Version}-{#Flavour}
SetupIconFile=parfocal.ico
UninstallDisplayIcon={app}\parfocal.exe
Compression=lzma2
SolidCompression=yes

[Files]
Source: "..\..\build\{#Flavour}\parfocal\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\Parfocal"; Filename: "{app}\parfocal.exe"

[Tasks]
Name: associate; Description: "Offer Parfocal for whole-slide images (.svs, .ndpi, .scn, .mrxs, .bif)"

; Offered under "Open with"; what a person has chosen for these files stays.
[Registry]
Root: HKA; Subkey: "Software\Classes\Parfocal.Slide"; ValueType: string; ValueData: "Whole-slide image"; Flags: uninsdeletekey; Tasks: associate
Root: HKA; Subkey: "Software\Classes\Parfocal.Slide\shell\open\command"; ValueType: string; ValueData: """{app}\parfocal.exe"" ""%1"""; Tasks: associate
Root: HKA; Subkey: "Software\Classes\.svs\OpenWithProgids"; ValueType: none; ValueName: "Parfocal.Slide"; Flags: uninsdeletevalue; Tasks: associate
Root: HKA; Subkey: "Software\Classes\.ndpi\OpenWithProgids"; ValueType: none; ValueName: "Parfocal.Slide"; Flags: uninsdeletevalue; Tasks: associate
Root: HKA; Subkey: "Software\Classes\.scn\OpenWithProgids"; ValueType: none; ValueName: "Parfocal.Slide"; Flags: uninsdeletevalue; Tasks: associate
Root: HKA; Subkey: "Software\Classes\.mrxs\OpenWithProgids"; ValueType: none; ValueName: "Parfocal.Slide"; Flags: uninsdeletevalue; Tasks: associate
Root: HKA; Subkey: "Software\Classes\.bif\OpenWithProgids"; ValueType: none; ValueName: "Parfocal.Slide"; Flags: uninsdeletevalue; Tasks: associate

[Run]
Filename: "{app}\parfocal.exe"; Description: "Start Parfocal"; Flags: nowait postinstall skipifsilent
