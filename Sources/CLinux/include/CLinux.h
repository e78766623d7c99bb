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

/// Whether waitpid(2)'s status says that the process ended by itself, and its exit status.
int clinux_exit_status(int status);

#endif
