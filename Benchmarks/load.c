// One load generator for every server compared, so that what differs is the server.
//
// Usage: load --port P --connections N --depth D --seconds S --request TEXT --line-feeds K
//             --expect TEXT
//        load --free-port
//
// N connections keep D requests in flight each: for every answer read a new request is sent, one
// send for all answers of a read. An answer is over at its K-th line feed (Redis sends two). The
// first answer of each connection must contain the expected text. A fifth of the time warms up and
// is not counted. Prints answers per second and the latency's percentiles in microseconds, with
// tabs between: answers/s, p50, p99, p99.9, largest.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 256, MAXIMUM_DEPTH = 256, BUCKETS = 64 * 16 };

struct connection {
  int descriptor;
  int line_feeds;        // of the answer being read
  int is_checked;        // the first answer was as expected
  int oldest, in_flight; // the requests in flight: a ring of the times they were sent
  int64_t sent[MAXIMUM_DEPTH];
};

static struct {
  int port, connections, depth, line_feeds;
  double seconds;
  char request[256];
  size_t request_length;
  const char *expected;
} options = {.connections = 1, .depth = 1, .line_feeds = 1, .seconds = 2, .expected = ""};

static uint64_t histogram[BUCKETS];
static uint64_t answers;
static int64_t largest, now, counting_from;
static char requests[MAXIMUM_DEPTH * 256];

static void fail(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t clock_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Buckets grow with the value: sixteen for each power of two, so that a percentile is right to 6 %.
static int bucket_of(int64_t nanoseconds) {
  uint64_t value = nanoseconds < 16 ? 16 : (uint64_t)nanoseconds;
  int power = 63 - __builtin_clzll(value);
  return power * 16 + (int)((value >> (power - 4)) & 15);
}

static double bucket_microseconds(int bucket) {
  int power = bucket / 16;
  return (double)((16 + (uint64_t)(bucket % 16)) << (power - 4)) / 1000;
}

static double percentile(double share) {
  uint64_t wanted = (uint64_t)((double)answers * share), seen = 0;
  for (int bucket = 0; bucket < BUCKETS; bucket++) {
    seen += histogram[bucket];
    if (seen > wanted) return bucket_microseconds(bucket);
  }
  return (double)largest / 1000;
}

static void ask(struct connection *connection, int count) {
  size_t length = (size_t)count * options.request_length;
  for (int index = 0; index < count; index++) {
    int place = (connection->oldest + connection->in_flight++) % options.depth;
    connection->sent[place] = now;
  }
  if (send(connection->descriptor, requests, length, MSG_NOSIGNAL) != (ssize_t)length)
    fail("send");
}

static void take_answer(struct connection *connection) {
  int64_t latency = now - connection->sent[connection->oldest];
  connection->oldest = (connection->oldest + 1) % options.depth;
  connection->in_flight--;
  if (now < counting_from) return;
  answers++;
  histogram[bucket_of(latency)]++;
  if (latency > largest) largest = latency;
}

static void receive(struct connection *connection) {
  static char buffer[64 * 1024 + 1];
  ssize_t count = recv(connection->descriptor, buffer, sizeof buffer - 1, 0);
  if (count <= 0) fail(count == 0 ? "the server closed the connection" : "recv");
  if (!connection->is_checked) {
    buffer[count] = 0;
    connection->is_checked = 1;
    if (strstr(buffer, options.expected) == NULL) {
      fprintf(stderr, "load: not an answer: %s\n", buffer);
      exit(1);
    }
  }
  int answered = 0;
  char *end = buffer + count;
  for (char *next = buffer; (next = memchr(next, '\n', (size_t)(end - next))) != NULL; next++) {
    if (++connection->line_feeds < options.line_feeds) continue;
    connection->line_feeds = 0;
    take_answer(connection);
    answered++;
  }
  if (answered > 0) ask(connection, answered);
}

static void open_connection(struct connection *connection, int set) {
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)options.port),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection->descriptor < 0) fail("socket");
  int on = 1;
  setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(connection->descriptor, (struct sockaddr *)&address, sizeof address) != 0)
    fail("connect");
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(set, EPOLL_CTL_ADD, connection->descriptor, &event) != 0) fail("epoll_ctl");
}

static void print_free_port(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int probe = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(probe, (struct sockaddr *)&address, length) != 0) fail("bind");
  if (getsockname(probe, (struct sockaddr *)&address, &length) != 0) fail("getsockname");
  printf("%d\n", ntohs(address.sin_port));
}

static void read_options(int count, char **arguments) {
  static const struct option known[] = {
      {"port", required_argument, 0, 'p'},       {"connections", required_argument, 0, 'c'},
      {"depth", required_argument, 0, 'd'},      {"seconds", required_argument, 0, 's'},
      {"request", required_argument, 0, 'r'},    {"line-feeds", required_argument, 0, 'l'},
      {"expect", required_argument, 0, 'e'},     {"free-port", no_argument, 0, 'f'},
      {0, 0, 0, 0}};
  for (int option; (option = getopt_long(count, arguments, "", known, NULL)) != -1;) {
    switch (option) {
    case 'p': options.port = atoi(optarg); break;
    case 'c': options.connections = atoi(optarg); break;
    case 'd': options.depth = atoi(optarg); break;
    case 's': options.seconds = atof(optarg); break;
    case 'l': options.line_feeds = atoi(optarg); break;
    case 'e': options.expected = optarg; break;
    case 'r':
      options.request_length =
          (size_t)snprintf(options.request, sizeof options.request, "%s\r\n", optarg);
      break;
    case 'f': print_free_port(); exit(0);
    default: exit(64);
    }
  }
  if (options.port < 1 || options.connections < 1 || options.depth < 1 ||
      options.depth > MAXIMUM_DEPTH || options.request_length < 3 ||
      options.request_length >= sizeof options.request) {
    fprintf(stderr, "load: wrong or missing options; they stand at the top of load.c\n");
    exit(64);
  }
}

int main(int count, char **arguments) {
  read_options(count, arguments);
  for (int index = 0; index < options.depth; index++)
    memcpy(requests + (size_t)index * options.request_length, options.request,
           options.request_length);
  struct connection *connections = calloc((size_t)options.connections, sizeof *connections);
  int set = epoll_create1(EPOLL_CLOEXEC);
  if (connections == NULL || set < 0) fail("start");
  for (int index = 0; index < options.connections; index++)
    open_connection(&connections[index], set);
  now = clock_nanoseconds();
  int64_t span = (int64_t)(options.seconds * 1e9);
  counting_from = now + span / 5;
  int64_t end = counting_from + span;
  for (int index = 0; index < options.connections; index++)
    ask(&connections[index], options.depth);
  struct epoll_event events[BATCH];
  while (now < end) {
    int ready = epoll_wait(set, events, BATCH, 5000);
    if (ready == 0) {
      fprintf(stderr, "load: no answer for five seconds\n");
      return 1;
    }
    now = clock_nanoseconds();
    for (int index = 0; index < ready; index++) receive(events[index].data.ptr);
  }
  double seconds = (double)(now - counting_from) / 1e9;
  printf("%.0f\t%.0f\t%.0f\t%.0f\t%.0f\n", (double)answers / seconds, percentile(0.50),
         percentile(0.99), percentile(0.999), (double)largest / 1000);
  return 0;
}
