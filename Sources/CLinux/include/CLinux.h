#ifndef POINTSD_CLINUX_H
#define POINTSD_CLINUX_H
// The few Linux calls that Swift's Glibc module hides. _GNU_SOURCE must not be defined here: with
// it these headers define fd_set otherwise than the Glibc module does, and Swift refuses both.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/// accept4(2), which is declared only for those who define _GNU_SOURCE.
int clinux_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);

#endif
