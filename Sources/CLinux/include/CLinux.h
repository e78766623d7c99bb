#ifndef POINTSD_CLINUX_H
#define POINTSD_CLINUX_H
// The few Linux calls that Swift's Glibc module hides. _GNU_SOURCE must not be defined here: with
// it these headers define fd_set otherwise than the Glibc module does, and Swift refuses both.
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

/// Starts a program in a session of its own, with default signals, no input, its output going to
/// the descriptor `log`, and no other descriptor. Returns 0 or an error number.
int clinux_spawn_detached(
    pid_t *process, const char *path, int log, char *const arguments[], char *const environment[]);

/// memfd_create(2) with mode 0600, close-on-exec: a file in memory that is gone with its last
/// descriptor. Returns it or -1.
int clinux_memory_file(const char *name);

/// open(2) with O_TMPFILE and mode 0600, close-on-exec: a file without a name in a folder. Returns
/// it or -1.
int clinux_unnamed_file(const char *folder);

/// Starts a program that is killed when the calling thread ends, and so with the process: in a
/// session of its own, with default signals, no input, `output` as its standard output, `log` as
/// its standard error, `file` as descriptor 3, and no other descriptor. It ends with status 127 when
/// it cannot be run. Returns 0 or an error number.
int clinux_spawn_bound(
    pid_t *process, const char *path, int output, int log, int file, char *const arguments[],
    char *const environment[]);

/// Whether waitpid(2)'s status says that the process ended by itself, and its exit status.
int clinux_exit_status(int status);

#endif
