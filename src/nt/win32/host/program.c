/*
 * Running a program and waiting for it.
 *
 * On Windows byte locks of a file belong to one process: a program that
 * inherits the file does not have them. So the program is put into a job that
 * ends with this process, and never runs on without the lock.
 */
#include <stdlib.h>
#include <string.h>

#include "parts.h"

/* ---- processes ----------------------------------------------------------- */

bool nt_process_lives(int64_t id, int64_t start_us) {
  HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, (DWORD)id);
  DWORD code = 0;
  if (process == NULL) {
    return GetLastError() == ERROR_ACCESS_DENIED;
  }
  bool lives = GetExitCodeProcess(process, &code) && code == STILL_ACTIVE &&
               (start_us == 0 || nt__host_start_us(process) == start_us);
  CloseHandle(process);
  return lives;
}

/* ---- the command line ---------------------------------------------------- */

/* Quotes a word so that the C library of Windows reads it as it is: there,
 * backslashes count only in front of a quote. Every word is quoted. */
static char *put_word(char *at, const char *word) {
  size_t slashes = 0;
  *at++ = '"';
  for (; *word != '\0'; word++) {
    if (*word == '"') {
      memset(at, '\\', slashes + 1);
      at += slashes + 1;
    }
    slashes = *word == '\\' ? slashes + 1 : 0;
    *at++ = *word;
  }
  memset(at, '\\', slashes);
  at += slashes;
  *at++ = '"';
  return at;
}

static nt_status make_line(const char *const *words, nt_wchar **out,
                           struct nt_error *err) {
  size_t cap = 1;
  for (size_t i = 0; words[i] != NULL; i++) {
    cap += 2 * strlen(words[i]) + 3;
  }
  char *line = malloc(cap), *at = line;
  nt_wchar *wide = malloc(cap * sizeof *wide);
  nt_status status = NT_STATUS_SUCCESS;
  if (line == NULL || wide == NULL) {
    status = nt_fail(err, NT_STATUS_NO_MEMORY, NULL);
  } else {
    for (size_t i = 0; words[i] != NULL; i++) {
      at = put_word(at, words[i]);
      *at++ = ' ';
    }
    at[-1] = '\0';
    status = nt__win32_wide(line, wide, cap, err);
  }
  free(line);
  if (!nt_ok(status)) {
    free(wide);
    wide = NULL;
  }
  *out = wide;
  return status;
}

/* ---- starting ------------------------------------------------------------ */

/* Returns a copy of the handle that a child inherits; NULL when there is
 * none. */
static HANDLE inherited(DWORD channel) {
  HANDLE copy = NULL, self = GetCurrentProcess();
  DuplicateHandle(self, GetStdHandle(channel), self, &copy, 0, TRUE,
                  DUPLICATE_SAME_ACCESS);
  return copy;
}

static void close_if(HANDLE handle) {
  if (handle != NULL) {
    CloseHandle(handle);
  }
}

#define VARIABLE L"NTVOL_MACHINE"

/* A program gets the environment of this process, so that is changed while the
 * program is created. The C library, which reads it once, does not see it. */
static nt_status set_machine(const char *machine, nt_wchar *before,
                             struct nt_error *err) {
  nt_wchar value[HOST_PATH_MAX];
  DWORD length = GetEnvironmentVariableW(VARIABLE, before, HOST_PATH_MAX);
  if (length == 0 || length >= HOST_PATH_MAX) {
    before[0] = 0;
  }
  NT_TRY(nt__win32_wide(machine, value, HOST_PATH_MAX, err));
  return SetEnvironmentVariableW(VARIABLE, value) ? NT_STATUS_SUCCESS
                                                  : nt__host_failed(err);
}

static nt_status create(const struct nt_program *program,
                        PROCESS_INFORMATION *out, struct nt_error *err) {
  nt_wchar *line, before[HOST_PATH_MAX];
  STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
  nt_status status = make_line(program->words, &line, err);
  if (nt_ok(status) && program->machine != NULL) {
    status = set_machine(program->machine, before, err);
  }
  if (!nt_ok(status)) {
    free(line);
    return status;
  }
  start.hStdInput = inherited(STD_INPUT_HANDLE);
  start.hStdOutput =
      inherited(program->to_stderr ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE);
  start.hStdError = inherited(STD_ERROR_HANDLE);
  if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL,
                      NULL, &start, out)) {
    status = nt__host_failed(err);
    nt_error_about(err, NT_REASON_TOOL, "starting %s", program->words[0]);
    nt_hint(err,
            "name a program, with the folder that it is in; for a command "
            "of the shell: cmd /c");
  }
  if (program->machine != NULL) {
    SetEnvironmentVariableW(VARIABLE, before[0] != 0 ? before : NULL);
  }
  close_if(start.hStdInput);
  close_if(start.hStdOutput);
  close_if(start.hStdError);
  free(line);
  return status;
}

/* Before Windows 8 a process could be in one job only. If it is in one already,
 * the program is not ended with this process. */
static HANDLE put_into_job(HANDLE process) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  HANDLE job = CreateJobObjectW(NULL, NULL);
  limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  if (job != NULL &&
      SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits,
                              sizeof limits)) {
    AssignProcessToJobObject(job, process);
  }
  return job;
}

/* Ends the job. The program has ended by itself, so the processes that it
 * started may go on. */
static void end_job(HANDLE job) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION none = {0};
  if (job != NULL) {
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &none,
                            sizeof none);
    CloseHandle(job);
  }
}

/* ---- waiting ------------------------------------------------------------- */

/* Ignores Ctrl-C: the console tells the program, too, and the program
 * decides. */
static BOOL WINAPI take_no_notice(DWORD event) {
  return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

static nt_status say_started(const struct nt_program *program,
                             const PROCESS_INFORMATION *child,
                             struct nt_error *err) {
  struct nt_process process = {.id = child->dwProcessId,
                               .start_us = nt__host_start_us(child->hProcess)};
  nt_copy(process.program, sizeof process.program, program->words[0]);
  return program->started != NULL
             ? program->started(program->ctx, &process, err)
             : NT_STATUS_SUCCESS;
}

nt_status nt_program_run(const struct nt_program *program, int *exit_status,
                         struct nt_error *err) {
  PROCESS_INFORMATION child = {0};
  DWORD code = 0;
  NT_TRY(create(program, &child, err));
  HANDLE job = put_into_job(child.hProcess);
  nt_status status = say_started(program, &child, err);
  SetConsoleCtrlHandler(take_no_notice, TRUE);
  if (nt_ok(status)) {
    ResumeThread(child.hThread);
    WaitForSingleObject(child.hProcess, INFINITE);
    GetExitCodeProcess(child.hProcess, &code);
    *exit_status = (int)code;
  } else {
    TerminateProcess(child.hProcess, 127);
  }
  SetConsoleCtrlHandler(take_no_notice, FALSE);
  end_job(job);
  CloseHandle(child.hThread);
  CloseHandle(child.hProcess);
  return status;
}
