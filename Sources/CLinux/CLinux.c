#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
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

int clinux_spawn_detached(
    pid_t *process, const char *path, int log, char *const arguments[], char *const environment[]) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  int error = posix_spawnattr_init(&attributes);
  if (error != 0) return error;
  error = posix_spawn_file_actions_init(&actions);
  if (error != 0) {
    posix_spawnattr_destroy(&attributes);
    return error;
  }
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, log, 1);
  posix_spawn_file_actions_adddup2(&actions, log, 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error;
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

/// What follows a fork in a process of many threads: nothing but system calls.
static void run_bound(
    pid_t parent, const char *path, const int files[3], char *const arguments[],
    char *const environment[]) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have ended before.
  if (getppid() != parent) _exit(127);
  setsid();
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int copies[3];
  for (int index = 0; index < 3; index++) {
    // Out of the way of the numbers they go to.
    copies[index] = fcntl(files[index], F_DUPFD, 10);
    if (copies[index] < 0) _exit(127);
  }
  int nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0 || dup2(nothing, 0) < 0) _exit(127);
  for (int index = 0; index < 3; index++) {
    if (dup2(copies[index], index + 1) < 0) _exit(127);
  }
  closefrom(4);
  execve(path, arguments, environment);
  _exit(127);
}

int clinux_spawn_bound(
    pid_t *process, const char *path, int output, int log, int file, char *const arguments[],
    char *const environment[]) {
  const int files[3] = {output, log, file};
  pid_t parent = getpid();
  *process = fork();
  if (*process == 0) run_bound(parent, path, files, arguments, environment);
  return *process < 0 ? errno : 0;
}

int clinux_exit_status(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
