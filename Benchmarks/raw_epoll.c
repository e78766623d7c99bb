// The floor under every server of this kind: one thread, one epoll set, a fixed line for each line
// feed it reads. It knows no database and no protocol.
//
// Usage: raw_epoll LINE    prints the port it listens to on 127.0.0.1, serves until killed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 256, READ_SIZE = 2048 };

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int listen_anywhere(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) fail("socket");
  int on = 1;
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) != 0) fail("bind");
  if (listen(listener, 4096) != 0) fail("listen");
  if (getsockname(listener, (struct sockaddr *)&address, &length) != 0) fail("getsockname");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

static void watch(int set, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  if (epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

// As many answers as a read can ask for, one after the other.
static char answers[READ_SIZE * 256];
static size_t answer_length;

static void serve(int client) {
  char buffer[READ_SIZE];
  ssize_t count = recv(client, buffer, sizeof buffer, 0);
  if (count <= 0) {
    if (count == 0 || errno != EAGAIN) close(client);
    return;
  }
  size_t requests = 0;
  for (ssize_t index = 0; index < count; index++) requests += buffer[index] == '\n';
  if (send(client, answers, requests * answer_length, MSG_NOSIGNAL) < 0) close(client);
}

int main(int argument_count, char **arguments) {
  if (argument_count != 2 || strlen(arguments[1]) > 254) {
    fprintf(stderr, "usage: raw_epoll LINE (at most 254 bytes)\n");
    return 64;
  }
  answer_length = strlen(arguments[1]) + 1;
  for (size_t index = 0; index < READ_SIZE; index++) {
    memcpy(answers + index * answer_length, arguments[1], answer_length - 1);
    answers[(index + 1) * answer_length - 1] = '\n';
  }
  int listener = listen_anywhere();
  int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) fail("epoll_create1");
  watch(set, listener);
  struct epoll_event events[BATCH];
  for (;;) {
    int count = epoll_wait(set, events, BATCH, -1);
    for (int index = 0; index < count; index++) {
      if (events[index].data.fd != listener) {
        serve(events[index].data.fd);
        continue;
      }
      int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client >= 0) watch(set, client);
    }
  }
}
