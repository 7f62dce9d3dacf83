-- The Windows build runs on Windows XP and Server 2003 (5.2), and what it loads
-- at its start is there on every Windows: kernel32, ntdll, advapi32, msvcrt. All
-- that is newer is looked up at run time. Reads what `make win win32` has built.

local proc = require "spec.support.proc"

local ARCHITECTURES = {
  { name = "x86-64", folder = "build/win", prefix = "x86_64-w64-mingw32-",
    subsystem = "5.2", make = "make win" },
  { name = "i686", folder = "build/win32", prefix = "i686-w64-mingw32-",
    subsystem = "5.1", make = "make win32" },
}

local PROGRAMS = {
  "lua.exe", "lua54.dll", "ntvol/core.dll", "ntvol/sim/core.dll", "ntvol/journal/core.dll",
}

local EXPORTS = {
  ["ntvol/core.dll"] = "luaopen_ntvol_core",
  ["ntvol/sim/core.dll"] = "luaopen_ntvol_sim_core",
  ["ntvol/journal/core.dll"] = "luaopen_ntvol_journal_core",
}

local function set(text)
  local names = {}
  for name in text:gmatch("%S+") do
    names[name] = true
  end
  return names
end

-- What Windows 5.2 has, as far as it is used. Before a name is added: its
-- documentation says "minimum supported client: Windows XP" or older; for
-- msvcrt.dll the comments of MinGW-w64's msvcrt.def.in say since when.
local KNOWN = {
  ["lua54.dll"] = true,
  ["kernel32.dll"] = set [[
    AreFileApisANSI AssignProcessToJobObject CancelIo CloseHandle
    CreateDirectoryW CreateEventW CreateFileA CreateFileMappingA
    CreateFileMappingW CreateFileW CreateJobObjectW CreateMutexW CreateProcessW
    CreateThread CreateToolhelp32Snapshot DeleteCriticalSection DeleteFileA
    DeleteFileW DeviceIoControl DuplicateHandle EnterCriticalSection FindClose
    FindCloseChangeNotification FindFirstChangeNotificationW FindFirstFileW
    FindFirstVolumeW FindNextChangeNotification FindNextFileW FindNextVolumeW
    FindVolumeClose FlushFileBuffers FlushViewOfFile FormatMessageA
    FormatMessageW FreeLibrary GetConsoleMode
    GetConsoleScreenBufferInfo GetCurrentProcess
    GetCurrentProcessId GetCurrentThreadId GetDiskFreeSpaceA GetDiskFreeSpaceW
    GetDriveTypeW GetEnvironmentVariableW GetExitCodeProcess GetFileAttributesA
    GetFileAttributesExW GetFileAttributesW GetFileInformationByHandle
    GetFileSize GetFileSizeEx GetFileType GetFullPathNameA GetFullPathNameW
    GetLastError GetLogicalDrives GetModuleFileNameA GetModuleFileNameW
    GetModuleHandleA GetModuleHandleW GetProcAddress GetProcessHeap
    GetProcessTimes GetStartupInfoA GetStdHandle GetSystemDirectoryW
    GetSystemInfo GetSystemTime GetSystemTimeAsFileTime GetTempFileNameW
    GetTempPathA GetTempPathW GetTickCount GetVersionExA GetVersionExW
    GetVolumeInformationW GetVolumeNameForVolumeMountPointW GetVolumePathNameW
    GetVolumePathNamesForVolumeNameW HeapAlloc HeapCompact HeapCreate
    HeapDestroy HeapFree HeapReAlloc HeapSize HeapValidate
    InitializeCriticalSection IsDBCSLeadByteEx LeaveCriticalSection LoadLibraryA
    LoadLibraryExA LoadLibraryExW LoadLibraryW LocalFree LockFile LockFileEx
    MapViewOfFile MoveFileExW MultiByteToWideChar OpenProcess OutputDebugStringA
    OutputDebugStringW Process32FirstW Process32NextW QueryDosDeviceW
    QueryPerformanceCounter QueryPerformanceFrequency ReadFile RemoveDirectoryW
    ResetEvent ResumeThread RtlAddFunctionTable RtlCaptureContext
    RtlLookupFunctionEntry RtlVirtualUnwind SetConsoleCtrlHandler SetEndOfFile
    SetEnvironmentVariableW
    SetErrorMode SetEvent SetFilePointer SetFilePointerEx
    SetInformationJobObject SetLastError SetUnhandledExceptionFilter Sleep
    SystemTimeToFileTime TerminateProcess TlsGetValue TryEnterCriticalSection
    UnhandledExceptionFilter UnlockFile UnlockFileEx UnmapViewOfFile
    VirtualProtect VirtualQuery WaitForSingleObject WaitForSingleObjectEx
    WideCharToMultiByte WriteFile lstrcpynW]],
  ["ntdll.dll"] = set [[
    NtCancelIoFile NtClose NtCreateFile NtDeviceIoControlFile
    NtFlushBuffersFile NtFsControlFile NtOpenFile NtQueryInformationFile
    NtQuerySystemInformation NtQueryVolumeInformationFile NtReadFile
    NtWriteFile RtlGetVersion RtlNtStatusToDosError]],
  ["advapi32.dll"] = set [[
    AdjustTokenPrivileges LookupPrivilegeValueW OpenProcessToken RegCloseKey
    RegOpenKeyExW RegQueryValueExW SystemFunction036]],
  ["msvcrt.dll"] = set [[
    __C_specific_handler ___lc_codepage_func ___mb_cur_max_func __getmainargs
    __initenv __iob_func __mb_cur_max __p__acmdln __p__commode __p__fmode
    __set_app_type __setusermatherr _acmdln _amsg_exit _beginthreadex _cexit
    _commode _endthreadex _errno _fileno _fmode _gmtime64 _initterm _iob
    _isatty _localtime64 _lock _mktime64 _msize _onexit _pclose _popen _setjmp
    _setjmp3 _time64 _unlock abort acos asin atoi bsearch calloc clearerr
    clock cosh difftime exit fclose feof ferror fflush fgets fopen fprintf
    fputc fputs fread free freopen fseek ftell fwrite getc getenv gmtime
    isalnum isalpha iscntrl isgraph islower ispunct isspace isupper isxdigit
    localeconv localtime log10 longjmp malloc memchr memcmp memcpy memmove
    memset mktime qsort realloc remove rename setlocale setvbuf signal sinh
    strchr strcmp strcoll strcpy strcspn strerror strftime strlen strncmp
    strncpy strpbrk strrchr strspn strstr strtol strtoul system tan tanh time
    tmpfile tmpnam tolower toupper ungetc vfprintf wcschr wcscmp wcscpy
    wcslen wcsncmp]],
}

-- What objdump says: imports as { dll, name }, exports, subsystem version.
local function read(architecture, program)
  local path = ("%s/bin/%s"):format(architecture.folder, program)
  local file = { imports = {}, exports = {} }
  local dll, major, exporting
  for _, line in ipairs(proc.lines(
    architecture.prefix .. "objdump -p " .. proc.quote(path))) do
    dll = line:match("^%s+DLL Name: (%S+)") or dll
    exporting = exporting or line:find("Name Pointer%] Table") ~= nil
    local import = line:match("^\t%x+\t%s*%d+%s+(%S+)")
    local export = line:match("^\t%[%s*%d+%] ([%a_]%S*)")
    if import then
      file.imports[#file.imports + 1] = { dll = dll, name = import }
    elseif exporting and export then
      file.exports[#file.exports + 1] = export
    end
    major = line:match("^MajorSubsystemVersion%s+(%d+)") or major
    local minor = line:match("^MinorSubsystemVersion%s+(%d+)")
    file.subsystem = minor and major .. "." .. minor or file.subsystem
  end
  assert(#file.imports > 0, "no imports read from " .. path)
  return file
end

local function missing(architecture)
  if not proc.has(architecture.prefix .. "objdump") then
    return architecture.prefix .. "gcc is not installed: make deps-win"
  end
  for _, program in ipairs(PROGRAMS) do
    local file = io.open(("%s/bin/%s"):format(architecture.folder, program))
    if not file then
      return program .. " is not built: " .. architecture.make
    end
    file:close()
  end
end

for _, architecture in ipairs(ARCHITECTURES) do
  describe("the Windows build for " .. architecture.name, function()
    local reason = missing(architecture)
    if reason then
      pending(reason)
      return
    end
    for _, program in ipairs(PROGRAMS) do
      local file = read(architecture, program)

      it(program .. " loads only what every Windows has", function()
        for _, import in ipairs(file.imports) do
          assert(KNOWN[import.dll:lower()], "loads " .. import.dll)
        end
      end)

      it(program .. " imports only what Windows 5.2 has", function()
        local unknown = {}
        for _, import in ipairs(file.imports) do
          local known = KNOWN[import.dll:lower()]
          if known ~= true and not (known and known[import.name]) then
            unknown[#unknown + 1] = import.dll .. " " .. import.name
          end
        end
        assert.same({}, unknown)
      end)

      it(program .. " asks for Windows " .. architecture.subsystem, function()
        assert.equal(architecture.subsystem, file.subsystem)
      end)

      if EXPORTS[program] then
        it(program .. " exports its opener only", function()
          assert.same({ EXPORTS[program] }, file.exports)
        end)
      end
    end
  end)
end
