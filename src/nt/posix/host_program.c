/*
 * Running a program and waiting for it, whatever happens: what `ntvol lock D:
 * -- command` needs.
 *
 * The child waits at a gate, a socket, until this process has noted who the
 * child is. Should this process die before that, the child finds the gate shut
 * and ends without doing anything. The socket closes by itself when exec
 * succeeds; when exec fails, the child sends its errno value through it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"

struct child {
  pid_t pid;
  int gate;          /* our end */
  sigset_t signals;  /* the signals that we wait for */
  sigset_t old_mask; /* the mask of this thread before */
  struct sigaction old_child;
};

/* ---- signals ------------------------------------------------------------- */

static const int passed_on[] = {SIGHUP,  SIGINT,  SIGQUIT,
                                SIGTERM, SIGTSTP, SIGCONT};
#define PASSED_ON (sizeof passed_on / sizeof passed_on[0])

static bool is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 &&
         action.sa_handler == SIG_IGN && !(action.sa_flags & SA_SIGINFO);
}

/* Blocks the signals, so that they wait until we ask for them. A signal that is
 * ignored stays ignored, in the child too: nohup relies on it. */
static void hold_signals(struct child *child) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigaction(SIGCHLD, &action, &child->old_child);
  pthread_sigmask(SIG_BLOCK, NULL, &child->old_mask);
  sigemptyset(&child->signals);
  sigaddset(&child->signals, SIGCHLD);
  for (size_t i = 0; i < PASSED_ON; i++) {
    if (!is_ignored(passed_on[i]) &&
        sigismember(&child->old_mask, passed_on[i]) == 0) {
      sigaddset(&child->signals, passed_on[i]);
    }
  }
  pthread_sigmask(SIG_BLOCK, &child->signals, NULL);
}

static void release_signals(const struct child *child) {
  sigaction(SIGCHLD, &child->old_child, NULL);
  pthread_sigmask(SIG_SETMASK, &child->old_mask, NULL);
}

/* Stops this process as SIGTSTP would. The system does not do it when there is
 * nobody who could continue the process. */
static void stop_here(void) {
  struct sigaction old, action = {.sa_handler = SIG_DFL};
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, SIGTSTP);
  sigaction(SIGTSTP, &action, &old);
  raise(SIGTSTP);
  pthread_sigmask(SIG_UNBLOCK, &one, NULL);
  pthread_sigmask(SIG_BLOCK, &one, NULL);
  sigaction(SIGTSTP, &old, NULL);
}

/* Whether the child got the signal, too. A terminal sends a signal to all
 * processes in its foreground; but when it hangs up, it tells only the first
 * process of its session. */
static bool child_has_it(const siginfo_t *info, pid_t pid) {
  if (info->si_code == SI_KERNEL) {
    return info->si_signo != SIGHUP || getsid(0) != getpid();
  }
  return info->si_pid == pid;
}

static void pass_on(const siginfo_t *info, pid_t pid) {
  if (info->si_signo != SIGCONT && !child_has_it(info, pid)) {
    kill(pid, info->si_signo);
  }
  if (info->si_signo == SIGTSTP) {
    stop_here();
  }
  if (info->si_signo == SIGTSTP || info->si_signo == SIGCONT) {
    kill(pid, SIGCONT);
  }
}

/* ---- the child ----------------------------------------------------------- */

/* Resets the handlers of signals, as exec will do. Until exec, a handler of
 * ours must not run for a signal that was meant for the program. */
static void forget_handlers(void) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (size_t i = 0; i < PASSED_ON; i++) {
    if (!is_ignored(passed_on[i])) {
      sigaction(passed_on[i], &action, NULL);
    }
  }
}

#define MACHINE "NTVOL_MACHINE"

/* The environment of the program: this process's with another NTVOL_MACHINE. It
 * is made before fork, because memory cannot be asked for after it. */
struct environment {
  char **entries; /* NULL: that of this process */
  char *machine;
};

static void free_environment(struct environment *environment) {
  free(environment->machine);
  free(environment->entries);
}

/* Returns an errno value. */
static int make_environment(const char *machine, struct environment *out) {
  size_t count = 0, kept = 0;
  if (machine == NULL) {
    return 0;
  }
  while (environ != NULL && environ[count] != NULL) {
    count++;
  }
  out->entries = calloc(count + 2, sizeof *out->entries);
  if (out->entries == NULL ||
      asprintf(&out->machine, MACHINE "=%s", machine) < 0) {
    out->machine = NULL;
    return ENOMEM;
  }
  out->entries[kept++] = out->machine;
  for (size_t i = 0; i < count; i++) {
    if (strncmp(environ[i], MACHINE "=", sizeof MACHINE) != 0) {
      out->entries[kept++] = environ[i];
    }
  }
  return 0;
}

static _Noreturn void become(const struct nt_program *program,
                             const struct child *child, int gate, int keep,
                             char **entries) {
  char go;
  close(child->gate);
  if (read(gate, &go, 1) != 1) {
    _exit(127);
  }
  int number = 0;
  if ((keep >= 0 && fcntl(keep, F_SETFD, 0) != 0) ||
      (program->to_stderr && dup2(2, 1) < 0)) {
    number = errno;
  }
  forget_handlers();
  release_signals(child);
  if (entries != NULL) {
    environ = entries;
  }
  if (number == 0) {
    /* exec does not change the words; its type is older than const */
    execvp(program->words[0], (char *const *)(uintptr_t)program->words);
    number = errno;
  }
  /* If this fails, the parent is gone. */
  ssize_t sent = send(gate, &number, sizeof number, MSG_NOSIGNAL);
  _exit(sent < 0 ? 126 : 127);
}

/* Returns an errno value. */
static int make_gate(struct child *child, int *inner) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno;
  }
  int number = 0;
  *inner = nt__descriptor_above(ends[1], &number);
  child->gate = ends[0];
  if (number != 0) {
    close(ends[0]);
  }
  return number;
}

static int start(const struct nt_program *program, struct child *child,
                 int keep) {
  int inner = -1;
  struct environment environment = {0};
  int number = make_environment(program->machine, &environment);
  if (number == 0) {
    number = make_gate(child, &inner);
  }
  if (number != 0) {
    free_environment(&environment);
    return number;
  }
  hold_signals(child);
  child->pid = fork();
  if (child->pid == 0) {
    become(program, child, inner, keep, environment.entries);
  }
  number = child->pid < 0 ? errno : 0;
  close(inner);
  free_environment(&environment);
  if (number != 0) {
    close(child->gate);
    release_signals(child);
  }
  return number;
}

/* ---- waiting ------------------------------------------------------------- */

/* When the child stops itself, as an editor does, this process stops, too,
 * because a shell watches this process. A child that SIGSTOP stopped was
 * stopped by somebody else on purpose. */
static void follow(int state, pid_t pid) {
  if (WSTOPSIG(state) == SIGTSTP && !is_ignored(SIGTSTP)) {
    stop_here();
    kill(pid, SIGCONT);
  }
}

/* Returns an errno value. */
static int wait_for(const struct child *child, int *state) {
  for (;;) {
    siginfo_t info;
    pid_t pid = waitpid(child->pid, state, WNOHANG | WUNTRACED);
    if (pid < 0 && errno != EINTR) {
      return errno;
    } else if (pid > 0 && !WIFSTOPPED(*state)) {
      return 0;
    } else if (pid > 0) {
      follow(*state, child->pid);
    } else if (sigwaitinfo(&child->signals, &info) > 0 &&
               info.si_signo != SIGCHLD) {
      pass_on(&info, child->pid);
    }
  }
}

static nt_status say_started(const struct nt_program *program, pid_t pid,
                             struct nt_error *err) {
  struct nt_process process = {.id = pid,
                               .start_us = nt__process_start_us(pid)};
  nt_copy(process.program, sizeof process.program, program->words[0]);
  return program->started != NULL
             ? program->started(program->ctx, &process, err)
             : NT_STATUS_SUCCESS;
}

/* Opens the gate. Returns the errno value of a failed exec, or 0. */
static int let_go(const struct child *child) {
  int number = 0;
  ssize_t got;
  send(child->gate, "g", 1, MSG_NOSIGNAL);
  do {
    got = read(child->gate, &number, sizeof number);
  } while (got < 0 && errno == EINTR);
  return got == (ssize_t)sizeof number ? number : 0;
}

static nt_status run(const struct nt_program *program,
                     const struct child *child, int *exit_status,
                     struct nt_error *err) {
  int state = 0;
  nt_status status = say_started(program, child->pid, err);
  int number = nt_ok(status) ? let_go(child) : 0;
  close(child->gate); /* closes the gate also when it was never opened */
  int waited = wait_for(child, &state);
  if (nt_ok(status) && number != 0) {
    status = nt_fail_errno(err, number, NT_REASON_TOOL, "starting %s",
                           program->words[0]);
    nt_hint(err, "install it, or make it executable");
  } else if (nt_ok(status) && waited != 0) {
    status = nt_fail_errno(err, waited, NT_REASON_NONE, "learning how %s ended",
                           program->words[0]);
  }
  *exit_status =
      WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
  return status;
}

/* Makes a copy with a number above those that scripts use. Returns -1 on
 * failure, with the errno value in *number. */
static int copy_of(int descriptor, int *number) {
  int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    *number = errno;
    return -1;
  }
  return nt__descriptor_above(copy, number);
}

nt_status nt_program_run(const struct nt_program *program, int *exit_status,
                         struct nt_error *err) {
  struct child child = {0};
  int keep = -1, number = 0;
  if (program->keep != NULL) {
    keep = copy_of(program->keep->fd, &number);
  }
  if (number == 0) {
    number = start(program, &child, keep);
  }
  if (keep >= 0) {
    close(keep);
  }
  if (number != 0) {
    return nt_fail_errno(err, number, NT_REASON_TOOL, "starting %s",
                         program->words[0]);
  }
  nt_status status = run(program, &child, exit_status, err);
  release_signals(&child);
  return status;
}
