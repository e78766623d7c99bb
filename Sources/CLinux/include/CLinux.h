#ifndef POINTSD_CLINUX_H
#define POINTSD_CLINUX_H
// The few Linux calls and macros that Swift's Glibc module hides.
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/file.h>
#include <sys/prctl.h>

/// accept4(2), which Glibc's module map leaves out without _GNU_SOURCE.
int clinux_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);

#endif
