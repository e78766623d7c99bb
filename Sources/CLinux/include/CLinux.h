#ifndef POINTSD_CLINUX_H
#define POINTSD_CLINUX_H
// The few Linux calls that Swift's Glibc module hides. _GNU_SOURCE must not be defined here: with
// it these headers define fd_set otherwise than the Glibc module does, and Swift refuses both.
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/types.h>

/// accept4(2), which is declared only for those who define _GNU_SOURCE.
int clinux_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);

/// malloc_trim(3): gives memory that malloc keeps for later back to the system.
void clinux_trim_memory(void);

/// pidfd_open(2): a descriptor that becomes readable when the process ends. Close-on-exec.
int clinux_pidfd_open(pid_t process);

/// pidfd_send_signal(2): a signal that never reaches another process with the same number.
int clinux_pidfd_signal(int process, int signal);

/// O_PATH: opens without asking for the right to read or write.
extern const int clinux_path_only;

/// setfsuid(2) and setfsgid(2): whose rights decide about files, for this thread only. Returns 0, or
/// -1 when the process may not have these rights.
int clinux_set_file_account(uid_t user, gid_t group);

/// renameat2(2) with RENAME_NOREPLACE.
int clinux_rename_new(int from, const char *name, int to, const char *other);

/// How a program is started.
struct clinux_start {
  const char *path;
  char *const *arguments;
  char *const *environment;
  /// Where its output goes.
  int output;
  /// Where its standard error goes; -1: where its output goes.
  int error;
  /// What it has as descriptor 3; -1 for nothing.
  int inherited;
  /// The account it runs as; not looked at unless the process is root's.
  uid_t user;
  gid_t group;
  /// Whether it is killed when the calling thread ends, and so with the process.
  bool bound;
};

/// Starts a program in a session of its own and in the folder /, with default signals, no input and
/// no further descriptor. Returns 0 when it runs, or an error number.
int clinux_start(pid_t *process, const struct clinux_start *start);

/// The number of a child that has ended and was not waited for; 0 when there is none.
pid_t clinux_ended_child(void);

/// pipe2(2): both ends close-on-exec and non-blocking. Returns 0 or an error number.
int clinux_pipe(int ends[2]);

/// From now on a signal writes its number, as one byte, to a descriptor, instead of what it did.
/// Returns 0 or an error number.
int clinux_forward_signal(int number, int descriptor);

/// Ignores the real-time signals, which end a process that knows nothing of them.
void clinux_ignore_realtime_signals(void);

/// memfd_create(2) with mode 0600, close-on-exec: a file in memory that is gone with its last
/// descriptor. Returns it or -1.
int clinux_memory_file(const char *name);

/// open(2) with O_TMPFILE and mode 0600, close-on-exec: a file without a name in a folder. Returns
/// it or -1.
int clinux_unnamed_file(const char *folder);

/// Whether waitpid(2)'s status says that the process ended by itself, and its exit status.
int clinux_exit_status(int status);

#endif
