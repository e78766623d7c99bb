#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int clinux_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
  return accept4(listener, address, length, flags);
}

void clinux_trim_memory(void) {
  malloc_trim(0);
}

int clinux_pidfd_open(pid_t process) {
  return (int)syscall(SYS_pidfd_open, process, 0);
}

int clinux_pidfd_signal(int process, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, process, signal, NULL, 0);
}

const int clinux_path_only = O_PATH;

int clinux_set_file_account(uid_t user, gid_t group) {
  // The group while the rights of the user still allow it.
  if (user == 0) setfsuid(user);
  setfsgid(group);
  if (user != 0) setfsuid(user);
  // They never say that they failed; what is in force now does.
  return setfsuid(-1) == (int)user && setfsgid(-1) == (int)group ? 0 : -1;
}

int clinux_rename_new(int from, const char *name, int to, const char *other) {
  return renameat2(from, name, to, other, RENAME_NOREPLACE);
}

// Between fork and exec, where only calls that are safe in signal handlers may be made.
static int become_program(pid_t parent, const struct clinux_start *start, int *report) {
  struct sigaction standard = {.sa_handler = SIG_DFL};
  sigset_t none;
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  int error = start->error < 0 ? start->output : start->error;
  int files[] = {-1, start->output, error, start->inherited, *report};
  files[0] = open("/dev/null", O_RDONLY);
  if (files[0] < 0) return errno;
  // Out of the way of the numbers they go to.
  for (int number = 0; number <= 4; number++) {
    if (files[number] >= 0 && (files[number] = fcntl(files[number], F_DUPFD_CLOEXEC, 10)) < 0)
      return errno;
  }
  *report = files[4];
  for (int number = 0; number <= 4; number++) {
    if (files[number] < 0) close(number);
    else if (dup2(files[number], number) < 0) return errno;
  }
  *report = 4;
  if (fcntl(4, F_SETFD, FD_CLOEXEC) < 0) return errno;
  closefrom(5);
  if (chdir("/") < 0) return errno;
  if (geteuid() == 0 && start->user != 0) {
    if (setgroups(1, &start->group) < 0) return errno;
    if (setresgid(start->group, start->group, start->group) < 0) return errno;
    if (setresuid(start->user, start->user, start->user) < 0) return errno;
  }
  if (start->bound) {
    // After the change of the account, which would undo it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return errno;
    if (getppid() != parent) return ESRCH;
  }
  execve(start->path, start->arguments, start->environment);
  return errno;
}

int clinux_start(pid_t *process, const struct clinux_start *start) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) < 0) return errno;
  // No handler of this process may run in the child before it has its own.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t parent = getpid();
  pid_t child = fork();
  int error = child < 0 ? errno : 0;
  if (child == 0) {
    int failure = become_program(parent, start, &report[1]);
    if (write(report[1], &failure, sizeof failure) < 0) _exit(126);
    _exit(127);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(report[1]);
  if (error == 0) {
    ssize_t count;
    do count = read(report[0], &error, sizeof error);
    while (count < 0 && errno == EINTR);
    if (count <= 0) error = 0;
    if (error != 0) waitpid(child, NULL, 0);
  }
  close(report[0]);
  *process = child;
  return error;
}

pid_t clinux_ended_child(void) {
  siginfo_t info = {0};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 ? info.si_pid : 0;
}

int clinux_pipe(int ends[2]) {
  return pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0 ? errno : 0;
}

// One more than the descriptor; 0 for none.
static atomic_int forwards[NSIG];

static void forward_signal(int number) {
  int before = errno, descriptor = atomic_load(&forwards[number]) - 1;
  unsigned char byte = (unsigned char)number;
  // A full pipe holds many of them already.
  ssize_t written = descriptor < 0 ? 0 : write(descriptor, &byte, 1);
  (void)written;
  errno = before;
}

int clinux_forward_signal(int number, int descriptor) {
  if (number <= 0 || number >= NSIG) return EINVAL;
  atomic_store(&forwards[number], descriptor + 1);
  struct sigaction action = {.sa_handler = forward_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  return sigaction(number, &action, NULL) < 0 ? errno : 0;
}

void clinux_ignore_realtime_signals(void) {
  for (int number = SIGRTMIN; number <= SIGRTMAX; number++) signal(number, SIG_IGN);
}

int clinux_memory_file(const char *name) {
  int file = memfd_create(name, MFD_CLOEXEC);
  // A file that others may write is no option file to MariaDB's programs.
  if (file >= 0) fchmod(file, 0600);
  return file;
}

int clinux_unnamed_file(const char *folder) {
  return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

int clinux_exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
